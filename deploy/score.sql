-- The three models as SQL functions. `python -m hitcast snowflake-sql` wrote this from the card of
-- the bundle; write it again after every build. Run it in the project's folder, with a database,
-- a schema and a warehouse chosen: snow sql -f deploy/score.sql
-- Of a track that the models learned from, the functions give the models' own answer, which flatters it;
-- the dashboard and `score` give what models without its artist say (models/out_of_fold.parquet).

CREATE STAGE IF NOT EXISTS hitcast_stage;

PUT 'file://deploy/hitcast_udf.py' @hitcast_stage/udf AUTO_COMPRESS = FALSE OVERWRITE = TRUE;
PUT 'file://models/card.json' @hitcast_stage/udf AUTO_COMPRESS = FALSE OVERWRITE = TRUE;
PUT 'file://models/model_logreg.joblib' @hitcast_stage/udf AUTO_COMPRESS = FALSE OVERWRITE = TRUE;
PUT 'file://models/model_rf.joblib' @hitcast_stage/udf AUTO_COMPRESS = FALSE OVERWRITE = TRUE;
PUT 'file://models/model_xgb.joblib' @hitcast_stage/udf AUTO_COMPRESS = FALSE OVERWRITE = TRUE;

-- Logistic regression. A value that is NULL or out of range gives NULL.
CREATE OR REPLACE FUNCTION hitcast_logreg(danceability FLOAT, energy FLOAT, valence FLOAT, tempo FLOAT, loudness FLOAT, speechiness FLOAT, acousticness FLOAT, instrumentalness FLOAT, liveness FLOAT, key FLOAT, mode FLOAT, time_signature FLOAT, duration_ms FLOAT, explicit FLOAT)
RETURNS FLOAT
LANGUAGE PYTHON
CALLED ON NULL INPUT
IMMUTABLE
RUNTIME_VERSION = '3.11'
ARTIFACT_REPOSITORY = snowflake.snowpark.pypi_shared_repository
PACKAGES = ('pandas==2.3.3', 'numpy==2.4.6', 'scikit-learn==1.7.2', 'joblib==1.6.0')
IMPORTS = ('@hitcast_stage/udf/hitcast_udf.py', '@hitcast_stage/udf/card.json', '@hitcast_stage/udf/model_logreg.joblib')
HANDLER = 'hitcast_udf.score_logreg';

-- Random forest. A value that is NULL or out of range gives NULL.
CREATE OR REPLACE FUNCTION hitcast_rf(danceability FLOAT, energy FLOAT, valence FLOAT, tempo FLOAT, loudness FLOAT, speechiness FLOAT, acousticness FLOAT, instrumentalness FLOAT, liveness FLOAT, key FLOAT, mode FLOAT, time_signature FLOAT, duration_ms FLOAT, explicit FLOAT)
RETURNS FLOAT
LANGUAGE PYTHON
CALLED ON NULL INPUT
IMMUTABLE
RUNTIME_VERSION = '3.11'
ARTIFACT_REPOSITORY = snowflake.snowpark.pypi_shared_repository
PACKAGES = ('pandas==2.3.3', 'numpy==2.4.6', 'scikit-learn==1.7.2', 'joblib==1.6.0')
IMPORTS = ('@hitcast_stage/udf/hitcast_udf.py', '@hitcast_stage/udf/card.json', '@hitcast_stage/udf/model_rf.joblib')
HANDLER = 'hitcast_udf.score_rf';

-- XGBoost. A value that is NULL or out of range gives NULL.
CREATE OR REPLACE FUNCTION hitcast_xgb(danceability FLOAT, energy FLOAT, valence FLOAT, tempo FLOAT, loudness FLOAT, speechiness FLOAT, acousticness FLOAT, instrumentalness FLOAT, liveness FLOAT, key FLOAT, mode FLOAT, time_signature FLOAT, duration_ms FLOAT, explicit FLOAT)
RETURNS FLOAT
LANGUAGE PYTHON
CALLED ON NULL INPUT
IMMUTABLE
RUNTIME_VERSION = '3.11'
ARTIFACT_REPOSITORY = snowflake.snowpark.pypi_shared_repository
PACKAGES = ('pandas==2.3.3', 'numpy==2.4.6', 'scikit-learn==1.7.2', 'joblib==1.6.0', 'xgboost-cpu==3.0.5')
IMPORTS = ('@hitcast_stage/udf/hitcast_udf.py', '@hitcast_stage/udf/card.json', '@hitcast_stage/udf/model_xgb.joblib')
HANDLER = 'hitcast_udf.score_xgb';

-- Blend of the three: the probability whose log-odds are the mean of theirs.
CREATE OR REPLACE FUNCTION hitcast_blend(p_logreg FLOAT, p_rf FLOAT, p_xgb FLOAT)
RETURNS FLOAT
LANGUAGE SQL
IMMUTABLE
AS $$ 1 / (1 + EXP(-(LN(LEAST(GREATEST(p_logreg, 0.0001), 0.9999) / (1 - LEAST(GREATEST(p_logreg, 0.0001), 0.9999))) + LN(LEAST(GREATEST(p_rf, 0.0001), 0.9999) / (1 - LEAST(GREATEST(p_rf, 0.0001), 0.9999))) + LN(LEAST(GREATEST(p_xgb, 0.0001), 0.9999) / (1 - LEAST(GREATEST(p_xgb, 0.0001), 0.9999)))) / 3)) $$;

-- The golden rows: TRUE three times means that Snowflake computes what this machine computed.
SELECT
  MAX(ABS(hitcast_logreg(danceability, energy, valence, tempo, loudness, speechiness, acousticness, instrumentalness, liveness, key, mode, time_signature, duration_ms, explicit) - said_logreg)) < 0.000001 AS logreg,
  MAX(ABS(hitcast_rf(danceability, energy, valence, tempo, loudness, speechiness, acousticness, instrumentalness, liveness, key, mode, time_signature, duration_ms, explicit) - said_rf)) < 0.000001 AS rf,
  MAX(ABS(hitcast_xgb(danceability, energy, valence, tempo, loudness, speechiness, acousticness, instrumentalness, liveness, key, mode, time_signature, duration_ms, explicit) - said_xgb)) < 0.000001 AS xgb
FROM (VALUES
  (0.621::FLOAT, 0.782::FLOAT, 0.55::FLOAT, 128.033::FLOAT, -5.548::FLOAT, 0.044::FLOAT, 0.0125::FLOAT, 0.033::FLOAT, 0.23::FLOAT, 2.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 198937.0::FLOAT, 0.0::FLOAT, 0.03631781233443449::FLOAT, 0.09552069015131746::FLOAT, 0.04467426612973213::FLOAT),
  (0.58::FLOAT, 0.702::FLOAT, 0.299::FLOAT, 105.076::FLOAT, -5.565::FLOAT, 0.0337::FLOAT, 0.0466::FLOAT, 3.2e-06::FLOAT, 0.536::FLOAT, 4.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 208960.0::FLOAT, 0.0::FLOAT, 0.03070927289370715::FLOAT, 0.028852692757699288::FLOAT, 0.02750256285071373::FLOAT),
  (0.726::FLOAT, 0.652::FLOAT, 0.803::FLOAT, 163.879::FLOAT, -7.764::FLOAT, 0.11::FLOAT, 0.00451::FLOAT, 3.32e-05::FLOAT, 0.226::FLOAT, 1.0::FLOAT, 0.0::FLOAT, 4.0::FLOAT, 180056.0::FLOAT, 0.0::FLOAT, 0.06839649808911695::FLOAT, 0.04632954370205976::FLOAT, 0.026987869292497635::FLOAT),
  (0.619::FLOAT, 0.84::FLOAT, 0.0805::FLOAT, 105.987::FLOAT, -5.427::FLOAT, 0.0515::FLOAT, 0.082::FLOAT, 0.275::FLOAT, 0.28::FLOAT, 0.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 106495.0::FLOAT, 0.0::FLOAT, 0.004694149880003999::FLOAT, 0.0096801750177806::FLOAT, 0.005406374577432871::FLOAT),
  (0.499::FLOAT, 0.966::FLOAT, 0.215::FLOAT, 138.042::FLOAT, -4.679::FLOAT, 0.11::FLOAT, 0.000329::FLOAT, 6.1e-05::FLOAT, 0.151::FLOAT, 7.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 315173.0::FLOAT, 1.0::FLOAT, 0.0612695075663417::FLOAT, 0.020638633541959207::FLOAT, 0.024558022618293762::FLOAT),
  (0.356::FLOAT, 0.904::FLOAT, 0.38::FLOAT, 162.397::FLOAT, -3.953::FLOAT, 0.0624::FLOAT, 0.000244::FLOAT, 1.75e-06::FLOAT, 0.359::FLOAT, 2.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 298600.0::FLOAT, 0.0::FLOAT, 0.023374057611554425::FLOAT, 0.023537249029991315::FLOAT, 0.022633429616689682::FLOAT),
  (0.514::FLOAT, 0.637::FLOAT, 0.18::FLOAT, 80.401::FLOAT, -6.418::FLOAT, 0.0363::FLOAT, 0.213::FLOAT, 2.24e-06::FLOAT, 0.389::FLOAT, 0.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 209306.0::FLOAT, 0.0::FLOAT, 0.03127203360067782::FLOAT, 0.02914683256517604::FLOAT, 0.018356803804636::FLOAT),
  (0.68::FLOAT, 0.618::FLOAT, 0.366::FLOAT, 96.111::FLOAT, -5.469::FLOAT, 0.0977::FLOAT, 0.293::FLOAT, 0.0::FLOAT, 0.252::FLOAT, 7.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 215874.0::FLOAT, 1.0::FLOAT, 0.12497002942188626::FLOAT, 0.16715162416407925::FLOAT, 0.13676248490810394::FLOAT),
  (0.484::FLOAT, 0.696::FLOAT, 0.146::FLOAT, 137.706::FLOAT, -6.757::FLOAT, 0.0653::FLOAT, 0.16::FLOAT, 2.09e-05::FLOAT, 0.106::FLOAT, 8.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 205413.0::FLOAT, 0.0::FLOAT, 0.017492192692123362::FLOAT, 0.007655416183782464::FLOAT, 0.01045863889157772::FLOAT),
  (0.486::FLOAT, 0.756::FLOAT, 0.489::FLOAT, 145.034::FLOAT, -5.02::FLOAT, 0.0403::FLOAT, 0.289::FLOAT, 0.0015::FLOAT, 0.222::FLOAT, 10.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 245156.0::FLOAT, 0.0::FLOAT, 0.023667690228295464::FLOAT, 0.03396169485559104::FLOAT, 0.044324953109025955::FLOAT),
  (0.5::FLOAT, 0.872::FLOAT, 0.252::FLOAT, 146.875::FLOAT, -4.58::FLOAT, 0.102::FLOAT, 0.0561::FLOAT, 0.0::FLOAT, 0.106::FLOAT, 5.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 188147.0::FLOAT, 0.0::FLOAT, 0.014450629425269606::FLOAT, 0.0153568079436076::FLOAT, 0.021123329177498817::FLOAT),
  (0.631::FLOAT, 0.92::FLOAT, 0.582::FLOAT, 124.974::FLOAT, -4.551::FLOAT, 0.0384::FLOAT, 0.0813::FLOAT, 3.4e-05::FLOAT, 0.148::FLOAT, 5.0::FLOAT, 0.0::FLOAT, 4.0::FLOAT, 173325.0::FLOAT, 0.0::FLOAT, 0.027605913613587177::FLOAT, 0.036998261193329655::FLOAT, 0.06157928332686424::FLOAT),
  (0.709::FLOAT, 0.726::FLOAT, 0.405::FLOAT, 92.014::FLOAT, -7.129::FLOAT, 0.0411::FLOAT, 0.0977::FLOAT, 0.0::FLOAT, 0.301::FLOAT, 7.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 182186.0::FLOAT, 1.0::FLOAT, 0.12043009475887463::FLOAT, 0.15610347546050027::FLOAT, 0.13908401131629944::FLOAT),
  (0.776::FLOAT, 0.609::FLOAT, 0.612::FLOAT, 96.04::FLOAT, -6.146::FLOAT, 0.0929::FLOAT, 0.481::FLOAT, 0.0::FLOAT, 0.0508::FLOAT, 9.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 260573.0::FLOAT, 0.0::FLOAT, 0.043092789525200306::FLOAT, 0.017446692484351534::FLOAT, 0.01941787265241146::FLOAT),
  (0.533::FLOAT, 0.771::FLOAT, 0.853::FLOAT, 103.262::FLOAT, -6.512::FLOAT, 0.028::FLOAT, 0.0883::FLOAT, 0.0::FLOAT, 0.0428::FLOAT, 4.0::FLOAT, 1.0::FLOAT, 4.0::FLOAT, 216866.0::FLOAT, 0.0::FLOAT, 0.0787322754240331::FLOAT, 0.0782645663155151::FLOAT, 0.06668121367692947::FLOAT),
  (0.355::FLOAT, 0.382::FLOAT, 0.261::FLOAT, 95.994::FLOAT, -9.257::FLOAT, 0.0378::FLOAT, 0.784::FLOAT, 0.0::FLOAT, 0.123::FLOAT, 10.0::FLOAT, 0.0::FLOAT, 4.0::FLOAT, 266506.0::FLOAT, 0.0::FLOAT, 0.033439877559017686::FLOAT, 0.041916549667019055::FLOAT, 0.0557912178337574::FLOAT)
) AS golden(danceability, energy, valence, tempo, loudness, speechiness, acousticness, instrumentalness, liveness, key, mode, time_signature, duration_ms, explicit, said_logreg, said_rf, said_xgb);

-- A whole catalogue, one row a track. FLOAT is what the functions take; a BOOLEAN wants ::INT::FLOAT.
CREATE TABLE IF NOT EXISTS catalogue (
  title VARCHAR,
  artist VARCHAR,
  danceability FLOAT,
  energy FLOAT,
  valence FLOAT,
  tempo FLOAT,
  loudness FLOAT,
  speechiness FLOAT,
  acousticness FLOAT,
  instrumentalness FLOAT,
  liveness FLOAT,
  key FLOAT,
  mode FLOAT,
  time_signature FLOAT,
  duration_ms FLOAT,
  explicit FLOAT
);

CREATE OR REPLACE TABLE catalogue_scored AS
SELECT scored.*, hitcast_blend(p_logreg, p_rf, p_xgb) AS p_blend
FROM (
  SELECT catalogue.*,
    hitcast_logreg(danceability::FLOAT, energy::FLOAT, valence::FLOAT, tempo::FLOAT, loudness::FLOAT, speechiness::FLOAT, acousticness::FLOAT, instrumentalness::FLOAT, liveness::FLOAT, key::FLOAT, mode::FLOAT, time_signature::FLOAT, duration_ms::FLOAT, explicit::FLOAT) AS p_logreg,
    hitcast_rf(danceability::FLOAT, energy::FLOAT, valence::FLOAT, tempo::FLOAT, loudness::FLOAT, speechiness::FLOAT, acousticness::FLOAT, instrumentalness::FLOAT, liveness::FLOAT, key::FLOAT, mode::FLOAT, time_signature::FLOAT, duration_ms::FLOAT, explicit::FLOAT) AS p_rf,
    hitcast_xgb(danceability::FLOAT, energy::FLOAT, valence::FLOAT, tempo::FLOAT, loudness::FLOAT, speechiness::FLOAT, acousticness::FLOAT, instrumentalness::FLOAT, liveness::FLOAT, key::FLOAT, mode::FLOAT, time_signature::FLOAT, duration_ms::FLOAT, explicit::FLOAT) AS p_xgb
  FROM catalogue
) AS scored;
