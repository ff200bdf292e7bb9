-- The three models as SQL functions. `hitcast snowflake-sql` wrote this from the card of
-- the bundle; write it again after every build. Run it in the project's folder, once deploy/setup.sql has run:
-- snow sql -f deploy/score.sql --role HITCAST_OWNER --warehouse COMPUTE_WH --database HITCAST_DB --schema PUBLIC
-- Of a track that the models learned from, the functions give the models' own answer, which flatters it;
-- the dashboard and `score` give what models without its artist say (models/out_of_fold.parquet).

CREATE STAGE IF NOT EXISTS {{ stage }};

{% for path in uploads %}
PUT {{ ("file://" ~ path) | quoted }} @{{ stage }}/udf AUTO_COMPRESS = FALSE OVERWRITE = TRUE;
{% endfor %}

{% for name, model in models.items() %}
-- {{ model.label }}. A value that is NULL or out of range gives NULL.
CREATE OR REPLACE FUNCTION hitcast_{{ name }}({% for feature in features %}{{ feature }} FLOAT{{ ", " if not loop.last }}{% endfor %})
RETURNS FLOAT
LANGUAGE PYTHON
CALLED ON NULL INPUT
IMMUTABLE
RUNTIME_VERSION = '{{ python }}'
ARTIFACT_REPOSITORY = snowflake.snowpark.pypi_shared_repository
PACKAGES = ({{ model.packages | map("quoted") | join(", ") }})
IMPORTS = ({% for file in model.files %}'@{{ stage }}/udf/{{ file }}'{{ ", " if not loop.last }}{% endfor %})
HANDLER = 'hitcast_udf.score_{{ name }}';

{% endfor %}
-- {{ blend_label }}: the probability whose log-odds are the mean of theirs.
CREATE OR REPLACE FUNCTION hitcast_blend({% for name in models %}p_{{ name }} FLOAT{{ ", " if not loop.last }}{% endfor %})
RETURNS FLOAT
LANGUAGE SQL
IMMUTABLE
AS $$ 1 / (1 + EXP(-(
  {%- for name in models %}
  {%- set p = "LEAST(GREATEST(p_" ~ name ~ ", " ~ least ~ "), " ~ (1 - least) ~ ")" -%}
  LN({{ p }} / (1 - {{ p }})){{ " + " if not loop.last }}
  {%- endfor -%}
) / {{ models | length }})) $$;

-- What a chance becomes where hits are as common as base_rate: hitcast_here(p_blend, 1 / 200).
CREATE OR REPLACE FUNCTION hitcast_here(p FLOAT, base_rate FLOAT)
RETURNS FLOAT
LANGUAGE SQL
IMMUTABLE
AS $$
  {%- set k = "base_rate / (1 - base_rate) * " ~ ((1 - base_rate) / base_rate) %}
  p * {{ k }} / (1 - p + p * {{ k }})
$$;

{% if context %}
-- The chance that takes in genre and release year beside the sound. NULL where the models know neither.
CREATE OR REPLACE FUNCTION hitcast_context({% for feature in features %}{{ feature }} FLOAT, {% endfor %}genre VARCHAR, release_year FLOAT)
RETURNS FLOAT
LANGUAGE PYTHON
CALLED ON NULL INPUT
IMMUTABLE
RUNTIME_VERSION = '{{ python }}'
ARTIFACT_REPOSITORY = snowflake.snowpark.pypi_shared_repository
PACKAGES = ({{ models.logreg.packages | map("quoted") | join(", ") }})
IMPORTS = ({% for file in models.logreg.files %}'@{{ stage }}/udf/{{ file }}'{{ ", " if not loop.last }}{% endfor %})
HANDLER = 'hitcast_udf.score_context';

{% endif %}
-- The golden rows: TRUE three times means that Snowflake computes what this machine computed.
SELECT
{% for name in models %}
  MAX(ABS(hitcast_{{ name }}({{ features | join(", ") }}) - said_{{ name }})) < {{ "%f" | format(tolerance) }} AS {{ name }}{{ "," if not loop.last }}
{% endfor %}
FROM (VALUES
{% for row in golden %}
  ({% for value in row %}{{ "NULL" if value is none else value }}::FLOAT{{ ", " if not loop.last }}{% endfor %}){{ "," if not loop.last }}
{% endfor %}
) AS golden({{ features | join(", ") }}, {% for name in models %}said_{{ name }}{{ ", " if not loop.last }}{% endfor %});

-- A whole catalogue, one row a track. FLOAT is what the functions take; a BOOLEAN wants ::INT::FLOAT.
CREATE TABLE IF NOT EXISTS catalogue (
  title VARCHAR,
  artist VARCHAR,
{% for feature in features %}
  {{ feature }} FLOAT,
{% endfor %}
  genre VARCHAR,
  release_date VARCHAR
);
ALTER TABLE catalogue ADD COLUMN IF NOT EXISTS genre VARCHAR;
ALTER TABLE catalogue ADD COLUMN IF NOT EXISTS release_date VARCHAR;

CREATE OR REPLACE TABLE catalogue_scored AS
SELECT scored.*, hitcast_blend({% for name in models %}p_{{ name }}{{ ", " if not loop.last }}{% endfor %}) AS p_blend
FROM (
  SELECT catalogue.*,
{% for name in models %}
    hitcast_{{ name }}({% for feature in features %}{{ feature }}::FLOAT{{ ", " if not loop.last }}{% endfor %}) AS p_{{ name }}{{ "," if context or not loop.last }}
{% endfor %}
{% if context %}
    hitcast_context({% for feature in features %}{{ feature }}::FLOAT, {% endfor %}genre, IFF(REGEXP_LIKE(release_date, '[12][0-9]{3}(-.*)?'), LEFT(release_date, 4)::FLOAT, NULL)) AS p_context
{% endif %}
  FROM catalogue
) AS scored;
