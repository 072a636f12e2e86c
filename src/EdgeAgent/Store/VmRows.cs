using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using Microsoft.Data.Sqlite;

namespace MicroVm.EdgeAgent.Store;

/// <summary>Rows of the table <c>vm</c>. Times are milliseconds since 1970; the spec is a desired-state document with one VM.</summary>
internal static class VmRows
{
    /// <summary>The columns in the order that <see cref="Read"/> expects.</summary>
    internal const string Columns =
        "name, spec, phase, restarts, crashes, retry_at, last_exit_code, exit_at, exit_code, exit_message, "
        + "run_id, pid, start_ticks, kernel_boot_id, cid, started_at, exit_cause, due_at, exit_judged_by";

    /// <summary>Adds or replaces a row.</summary>
    internal const string Upsert =
        $"""
        INSERT OR REPLACE INTO vm ({Columns}) VALUES (
          $name, $spec, $phase, $restarts, $crashes, $retry_at, $last_exit_code, $exit_at, $exit_code, $exit_message,
          $run_id, $pid, $start_ticks, $kernel_boot_id, $cid, $started_at, $exit_cause, $due_at, $exit_judged_by)
        """;

    /// <summary>A record's values.</summary>
    internal static (string Name, object Value)[] Parameters(VmRecord record) =>
    [
        ("$name", record.Name.Value),
        ("$spec", new DesiredState(1, [record.Spec], new AgentSettings()).Encode()),
        ("$phase", (long)record.Phase),
        ("$restarts", (long)record.Restarts),
        ("$crashes", (long)record.Crashes),
        ("$retry_at", OrNull(record.RetryAt?.ToUnixTimeMilliseconds())),
        ("$last_exit_code", OrNull(record.LastExitCode)),
        ("$exit_at", OrNull(record.Exit?.At.ToUnixTimeMilliseconds())),
        ("$exit_code", OrNull(record.Exit?.Code)),
        ("$exit_message", OrNull(record.Exit?.Message)),
        ("$run_id", OrNull(record.Run?.Id.ToString("N"))),
        ("$pid", OrNull(record.Run?.Pid)),
        ("$start_ticks", OrNull((long?)record.Run?.StartTicks)),
        ("$kernel_boot_id", OrNull(record.Run?.KernelBootId)),
        ("$cid", OrNull((long?)record.Run?.Cid)),
        ("$started_at", OrNull(record.Run?.StartedAt.ToUnixTimeMilliseconds())),
        ("$exit_cause", (long)(record.Exit?.Cause ?? default)),
        ("$due_at", OrNull(record.DueAt?.ToUnixTimeMilliseconds())),
        ("$exit_judged_by", record.Exit?.JudgedBy ?? ""),
    ];

    /// <summary>The record of a row.</summary>
    internal static VmRecord Read(SqliteDataReader row) => new()
    {
        Spec = DesiredState.Decode(row.GetFieldValue<byte[]>(1)).Vms.Single(),
        Phase = (VmPhase)row.GetInt32(2),
        Restarts = row.GetInt32(3),
        Crashes = row.GetInt32(4),
        RetryAt = TimeOrNull(row, 5),
        LastExitCode = IntegerOrNull(row, 6),
        Exit = TimeOrNull(row, 7) is DateTimeOffset at
            ? new VmExit(IntegerOrNull(row, 8), row.GetString(9), at, (GuestExitCause)row.GetInt32(16), row.GetString(18))
            : null,
        DueAt = TimeOrNull(row, 17),
        Run = row.IsDBNull(10) ? null : ReadRun(row),
    };

    private static VmRun ReadRun(SqliteDataReader row) => new(
        Guid.Parse(row.GetString(10)),
        row.GetInt32(11),
        (ulong)row.GetInt64(12),
        row.GetString(13),
        (uint)row.GetInt64(14),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(15)));

    private static object OrNull(object? value) => value ?? DBNull.Value;

    private static int? IntegerOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    private static DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
