CREATE TABLE `key_rotations` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`from_key` text NOT NULL,
	`to_key` text NOT NULL,
	`new_by_old` blob,
	`old_by_new` blob,
	`started_at_ms` integer NOT NULL,
	`resealed_at_ms` integer,
	`finished_at_ms` integer
);
