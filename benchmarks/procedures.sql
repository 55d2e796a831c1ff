-- The same tick inside PostgreSQL, in two ways. All schemas hold the same rows; `database_tick.py` says what is compared,
-- and makes the part below the line of dashes several times, each time for a schema and with indexes of its own.
--
-- A call has its times; a task counts from one of four bases: from `base` + `shift` minutes on it is `on`, and from
-- `until_base` + `until_shift` minutes on it is `over`. A task without an `until_base` has only the first change.
-- The best known time of an event is its actual, else its expected, else its planned time.

CREATE SCHEMA walk;

CREATE TABLE walk.call (
    id bigint PRIMARY KEY,
    service_date date NOT NULL,
    number text NOT NULL,
    planned_arrival timestamptz,
    expected_arrival timestamptz,
    actual_arrival timestamptz,
    planned_departure timestamptz,
    expected_departure timestamptz,
    actual_departure timestamptz,
    opens integer NOT NULL,
    closes integer NOT NULL
);
CREATE INDEX ON walk.call (service_date);

CREATE TABLE walk.task (
    id bigint PRIMARY KEY,
    call_id bigint NOT NULL REFERENCES walk.call ON DELETE CASCADE,
    kind text NOT NULL,
    base text NOT NULL,
    shift integer NOT NULL,
    until_base text,
    until_shift integer,
    state text NOT NULL
);
CREATE INDEX ON walk.task (call_id);

-- Walks the day's calls and each call's tasks, works out their times, and changes what is due. Gives how many changed.
CREATE PROCEDURE walk.tick(today date, now_ timestamptz, INOUT changed integer DEFAULT 0)
LANGUAGE plpgsql AS $$
DECLARE
    c walk.call;
    t walk.task;
    arrival timestamptz;
    departure timestamptz;
    opens timestamptz;
    closes timestamptz;
    due timestamptz;
    until_ timestamptz;
BEGIN
    changed := 0;
    FOR c IN SELECT * FROM walk.call WHERE service_date = today LOOP
        arrival := coalesce(c.actual_arrival, c.expected_arrival, c.planned_arrival);
        departure := coalesce(c.actual_departure, c.expected_departure, c.planned_departure);
        opens := departure + make_interval(mins => c.opens);
        closes := departure + make_interval(mins => c.closes);
        FOR t IN SELECT * FROM walk.task WHERE call_id = c.id LOOP
            IF t.state = 'planned' THEN
                due := CASE t.base
                    WHEN 'arrival' THEN arrival WHEN 'departure' THEN departure
                    WHEN 'check_in_open' THEN opens ELSE closes
                END + make_interval(mins => t.shift);
                IF due <= now_ THEN
                    UPDATE walk.task SET state = 'on' WHERE id = t.id;
                    changed := changed + 1;
                END IF;
            ELSIF t.state = 'on' AND t.until_base IS NOT NULL THEN
                until_ := CASE t.until_base
                    WHEN 'arrival' THEN arrival WHEN 'departure' THEN departure
                    WHEN 'check_in_open' THEN opens ELSE closes
                END + make_interval(mins => t.until_shift);
                IF until_ <= now_ THEN
                    UPDATE walk.task SET state = 'over' WHERE id = t.id;
                    changed := changed + 1;
                END IF;
            END IF;
        END LOOP;
    END LOOP;
END $$;

----
-- The same rows; what is due when is worked out whenever a call changes, and is stored and indexed.
CREATE SCHEMA sets;

CREATE TABLE sets.call (LIKE walk.call INCLUDING INDEXES);

CREATE TABLE sets.task (LIKE walk.task INCLUDING INDEXES, due timestamptz, until timestamptz);
ALTER TABLE sets.task ADD FOREIGN KEY (call_id) REFERENCES sets.call ON DELETE CASCADE;

-- Works out anew when one call's tasks are due.
CREATE FUNCTION sets.settle(call_ bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE sets.task t SET due = n.due, until = n.until
    FROM (
        SELECT t.id,
            CASE t.base WHEN 'arrival' THEN c.arrival WHEN 'departure' THEN c.departure
                WHEN 'check_in_open' THEN c.opens ELSE c.closes END + make_interval(mins => t.shift) AS due,
            CASE t.until_base WHEN 'arrival' THEN c.arrival WHEN 'departure' THEN c.departure
                WHEN 'check_in_open' THEN c.opens WHEN 'check_in_close' THEN c.closes
                END + make_interval(mins => t.until_shift) AS until
        FROM (
            SELECT id, coalesce(actual_arrival, expected_arrival, planned_arrival) AS arrival, d AS departure,
                d + make_interval(mins => opens) AS opens, d + make_interval(mins => closes) AS closes
            FROM sets.call, LATERAL (SELECT coalesce(actual_departure, expected_departure, planned_departure) AS d) AS d
            WHERE id = call_
        ) AS c
        JOIN sets.task t ON t.call_id = c.id
    ) AS n
    WHERE t.id = n.id AND (t.due, t.until) IS DISTINCT FROM (n.due, n.until)
$$;

-- What is due, as sets. Gives how many rows changed.
CREATE PROCEDURE sets.tick(today date, now_ timestamptz, INOUT changed integer DEFAULT 0)
LANGUAGE plpgsql AS $$
DECLARE
    n integer;
BEGIN
    UPDATE sets.task SET state = 'on' WHERE state = 'planned' AND due <= now_;
    GET DIAGNOSTICS changed = ROW_COUNT;
    UPDATE sets.task SET state = 'over' WHERE state = 'on' AND until <= now_;
    GET DIAGNOSTICS n = ROW_COUNT;
    changed := changed + n;
END $$;
