CREATE TABLE `attempts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`lane_id` integer NOT NULL,
	`first_seq` integer NOT NULL,
	`last_seq` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`entries` integer NOT NULL,
	`status` integer,
	`code` text NOT NULL,
	`answer` text,
	`settings_version` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `attempts_range` ON `attempts` (`lane_id`,`last_seq`);--> statement-breakpoint
CREATE TABLE `claims` (
	`scope` integer NOT NULL,
	`hash` blob NOT NULL,
	`lane_id` integer NOT NULL,
	`seq` integer NOT NULL,
	`day` integer NOT NULL,
	PRIMARY KEY(`scope`, `hash`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `connection_keys` (
	`connection_id` text NOT NULL,
	`kind` text NOT NULL,
	`sealed` blob NOT NULL,
	`hash` text,
	`updated_at_ms` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `kind`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connection_keys_hash` ON `connection_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `connections` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`setup` text NOT NULL,
	`status` text NOT NULL,
	`write_key` text NOT NULL,
	`paused` integer DEFAULT false NOT NULL,
	`settings_version` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connections_id_unique` ON `connections` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `connections_write_key_unique` ON `connections` (`write_key`);--> statement-breakpoint
CREATE TABLE `entries` (
	`lane_id` integer NOT NULL,
	`seq` integer NOT NULL,
	`outcome` integer NOT NULL,
	`reason` text,
	`path` text,
	`detail` text,
	`message_id` text,
	`type` text,
	`event` text,
	`user_id` text,
	`ended_at_ms` integer NOT NULL,
	`settings_version` integer NOT NULL,
	PRIMARY KEY(`lane_id`, `seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `lane_counts` (
	`lane_id` integer NOT NULL,
	`minute` integer NOT NULL,
	`sole` integer NOT NULL,
	`accepted` integer DEFAULT 0 NOT NULL,
	`delivered` integer DEFAULT 0 NOT NULL,
	`filtered` integer DEFAULT 0 NOT NULL,
	`skipped` integer DEFAULT 0 NOT NULL,
	`rejected` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`lane_id`, `minute`, `sole`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `lane_log` (
	`lane_id` integer NOT NULL,
	`last_seq` integer NOT NULL,
	`first_seq` integer NOT NULL,
	`request_id` integer NOT NULL,
	`items` text,
	`sole` integer NOT NULL,
	PRIMARY KEY(`lane_id`, `last_seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `lane_log_request` ON `lane_log` (`request_id`);--> statement-breakpoint
CREATE TABLE `lanes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`connection_id` text NOT NULL,
	`name` text NOT NULL,
	`head` integer DEFAULT 0 NOT NULL,
	`cursor` integer DEFAULT 0 NOT NULL,
	`epoch` integer DEFAULT 0 NOT NULL,
	`state` text DEFAULT 'asleep' NOT NULL,
	`reason` text,
	`paused` integer DEFAULT false NOT NULL,
	`touched_at_ms` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lanes_name` ON `lanes` (`connection_id`,`name`);--> statement-breakpoint
CREATE TABLE `processes` (
	`name` text PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `requests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`connection_id` text NOT NULL,
	`received_at_ms` integer NOT NULL,
	`source` text NOT NULL,
	`call` text NOT NULL,
	`caller_ip` text,
	`body` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `settings_versions` (
	`connection_id` text NOT NULL,
	`version` integer NOT NULL,
	`settings` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `version`)
);
