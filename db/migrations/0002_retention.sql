CREATE TABLE `retention` (
	`id` integer PRIMARY KEY NOT NULL,
	`days` integer,
	`max_bytes` integer,
	`updated_at_ms` integer DEFAULT 0 NOT NULL,
	`requests_out` integer DEFAULT 0 NOT NULL,
	`bytes_out` integer DEFAULT 0 NOT NULL,
	`claims_day` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE `lanes` ADD `bytes_in` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- What came in before it was counted: each connection has this lane.
UPDATE lanes SET bytes_in = coalesce((SELECT sum(length(body)) FROM requests WHERE connection_id = lanes.connection_id), 0)
  WHERE name = 'events';
