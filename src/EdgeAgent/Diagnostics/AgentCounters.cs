namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>What was done, went wrong or was lost since the agent started.</summary>
internal sealed class AgentCounters
{
    /// <summary>Downlinks that were not valid messages.</summary>
    internal Counter RefusedDownlinks { get; } = new();

    /// <summary>Desired-state documents older than the one held, or different under the same generation.</summary>
    internal Counter RefusedGenerations { get; } = new();

    /// <summary>Desired-state documents without a valid signature of a trusted key.</summary>
    internal Counter RefusedSignatures { get; } = new();

    /// <summary>Frames from guests that were not valid messages.</summary>
    internal Counter GuestFaults { get; } = new();

    /// <summary>VMs that were looked at; no fault, but the sign that the agent works.</summary>
    internal Counter ReconcilePasses { get; } = new();

    /// <summary>Workers that threw.</summary>
    internal Counter ReconcileFaults { get; } = new();

    /// <summary>Writes that the store refused.</summary>
    internal Counter StoreFaults { get; } = new();

    /// <summary>Images whose bytes were not what their digest says.</summary>
    internal Counter DigestMismatches { get; } = new();

    /// <summary>Telemetry batches that the bounded spool dropped.</summary>
    internal Counter DroppedBatches { get; } = new();

    /// <summary>Telemetry batches that the gateway could not read and that were dropped for it.</summary>
    internal Counter RefusedBatches { get; } = new();

    /// <summary>Log lines lost: skipped by a guest whose buffer was full.</summary>
    internal Counter DroppedLogLines { get; } = new();

    /// <summary>VMM processes without a record that were stopped.</summary>
    internal Counter StoppedOrphans { get; } = new();

    /// <summary>Guests' questions for names that were malformed, or too many at once.</summary>
    internal Counter RefusedNameQueries { get; } = new();

    /// <summary>Messages with workloads' metrics that were malformed or too much.</summary>
    internal Counter RefusedMetrics { get; } = new();
}
