using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Store;

/// <summary>A telemetry batch that is not acknowledged yet.</summary>
/// <param name="Id">Place in the spool, rising; 0 before it is in.</param>
/// <param name="BootId">Boot id of the batch's header.</param>
/// <param name="Sequence">Sequence of the batch's header.</param>
/// <param name="Payload">The encoded batch.</param>
internal sealed record SpooledBatch(long Id, Guid BootId, ulong Sequence, byte[] Payload)
{
    /// <summary>What it holds.</summary>
    internal SpoolClass Class { get; init; }

    /// <summary>Rows in it: samples, points or events.</summary>
    internal int Items { get; init; }

    /// <summary>The device's clock at its first row.</summary>
    internal long BaseUnixMs { get; init; }

    /// <summary>The uptime at its first row.</summary>
    internal long BaseUptimeMs { get; init; }

    /// <summary>How far that clock can be believed.</summary>
    internal ClockQuality Clock { get; init; }

    /// <summary>What was lost before it could be spooled, and is not counted yet.</summary>
    internal TelemetryLosses LostBefore { get; init; }

    /// <summary>The kernel's boot in which it was made; empty for those of older agents.</summary>
    internal string KernelBootId { get; init; } = "";
}
