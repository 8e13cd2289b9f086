CREATE TABLE `api_keys` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`hash` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`last_used_at_ms` integer,
	`revoked_at_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_id_unique` ON `api_keys` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `audit` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` integer NOT NULL,
	`actor_kind` text NOT NULL,
	`actor_id` text,
	`actor_name` text NOT NULL,
	`actor_role` text,
	`action` text NOT NULL,
	`target_kind` text NOT NULL,
	`target_id` text,
	`before` text,
	`after` text,
	`status` integer
);
--> statement-breakpoint
CREATE INDEX `audit_target` ON `audit` (`target_id`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`hash` text PRIMARY KEY NOT NULL,
	`key_hash` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `segment_destinations` (
	`connection_id` text NOT NULL,
	`source_id` text NOT NULL,
	`setup_id` text NOT NULL,
	`destination_id` text,
	`created_at_ms` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `source_id`)
);
--> statement-breakpoint
CREATE TABLE `segment_grants` (
	`connection_id` text PRIMARY KEY NOT NULL,
	`sealed` blob NOT NULL,
	`expires_at_ms` integer,
	`can_refresh` integer NOT NULL,
	`sources` text,
	`granted_at_ms` integer NOT NULL,
	`refreshed_at_ms` integer NOT NULL,
	`lease_id` text,
	`lease_until_ms` integer DEFAULT 0 NOT NULL,
	`refresh_sent_at_ms` integer,
	`dead_reason` text
);
--> statement-breakpoint
CREATE TABLE `setups` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`connection_id` text NOT NULL,
	`kind` text NOT NULL,
	`step` text NOT NULL,
	`state_hash` text,
	`sealed_authorization` blob,
	`sealed_code` blob,
	`code_sent_at_ms` integer,
	`choices` text,
	`missing` text,
	`expires_at_ms` integer,
	`error_code` text,
	`error_text` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`ended_at_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `setups_id_unique` ON `setups` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `setups_state_hash_unique` ON `setups` (`state_hash`);--> statement-breakpoint
CREATE INDEX `setups_connection` ON `setups` (`connection_id`);