using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Where log lines of one run of a VM have got to. Guarded by the collector's lock.</summary>
internal sealed class LogSource(ResourceName vm, Guid runId, ulong durable)
{
    /// <summary>The VM.</summary>
    internal ResourceName Vm { get; } = vm;

    /// <summary>The run: each guest boot counts its lines anew.</summary>
    internal Guid RunId { get; } = runId;

    /// <summary>Last line that was taken; lines up to it are repeats.</summary>
    internal ulong Taken { get; set; } = durable;

    /// <summary>Last line that is durable on the device.</summary>
    internal ulong Durable { get; set; } = durable;

    /// <summary>Told the last durable line, for the guest.</summary>
    internal Action<ulong>? Acknowledge { get; set; }
}
