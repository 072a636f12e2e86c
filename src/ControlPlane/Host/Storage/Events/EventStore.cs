using MicroVm.ControlPlane.Abstractions.Events;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MicroVm.Shared.Contracts.Telemetry;
using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage.Events;

/// <summary>Keeps events in a table of their own.</summary>
internal sealed class EventStore(Database database, EventFeed feed, TimeProvider time) : IEventLog
{
    /// <summary>Longest reason that is kept in characters; a longer one is cut.</summary>
    private const int MaxReasonCharacters = 64;

    /// <inheritdoc/>
    public void Add(FleetEvent happened) => AddAsync(happened).Ignore();

    /// <summary>Keeps the events of a batch; a part of the batch's own write, so that a batch that is repeated repeats none.</summary>
    internal static void Store(SqliteConnection connection, string device, long batch, long nowMs, ClockCorrection clock, IReadOnlyList<DeviceEvent> events)
    {
        foreach (DeviceEvent one in events)
        {
            Store(connection, batch, nowMs, clock.Apply(one.AtUnixMs), one.Vm?.Value ?? "", new FleetEvent(device, one.IsWarning, one.Reason, one.Message));
        }
    }

    private async Task AddAsync(FleetEvent happened)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await database.WriteAsync(connection => Store(connection, 0, now, now, "", happened));
        feed.Announce(happened.Device);
    }

    private static void Store(SqliteConnection connection, long batch, long nowMs, long atMs, string vm, FleetEvent one) => connection.Execute(
        """
        INSERT INTO events (batch, received_ms, at_ms, device, vm, is_warning, reason, message)
        VALUES ($batch, $now, $at, $device, $vm, $warning, $reason, $message)
        """,
        ("$batch", batch),
        ("$now", nowMs),
        ("$at", atMs),
        ("$device", one.Device),
        ("$vm", vm),
        ("$warning", one.IsWarning ? 1 : 0),
        ("$reason", one.Reason.Length > MaxReasonCharacters ? one.Reason[..MaxReasonCharacters] : one.Reason),
        ("$message", one.Message));
}
