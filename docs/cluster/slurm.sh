#!/bin/sh
#SBATCH --job-name=kymo
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

# One piece of a movie in each job of an array:
#
#   export KYMO="deno task --config /opt/kymo/deno.json" MODEL=runs/mine OUT=results
#   $KYMO ranges --model $MODEL --out $OUT/ranges.json movie.tif
#   $KYMO shards --size 250 movie.tif > $OUT/pieces.txt
#   sbatch --array=0-$(($(wc -l < $OUT/pieces.txt) - 1)) slurm.sh
#   $KYMO merge --out $OUT/labels $OUT/part-*        # when all are done
#
# A job that exits with 75 was stopped in time and has saved, or a device, memory or a disk gave out: it
# goes back into the queue, as often as MOST_RESTARTS, and keeps what is complete.

piece=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" "$OUT/pieces.txt")
eval "set -- $piece"
$KYMO predict --model "$MODEL" --ranges "$OUT/ranges.json" --out "$OUT/part-$SLURM_ARRAY_TASK_ID" \
  --time-limit "${MINUTES:-55}" --quiet "$@"
code=$?
if [ "$code" -eq 75 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt "${MOST_RESTARTS:-3}" ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
