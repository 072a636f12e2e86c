using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>The lines of one run of a VM on their way to its log. All but the constructor's is the log store's.</summary>
internal sealed class LogSource(ResourceName vm, Guid runId)
{
    /// <summary>The VM.</summary>
    internal ResourceName Vm { get; } = vm;

    /// <summary>The run: each guest boot counts its lines anew.</summary>
    internal Guid RunId { get; } = runId;

    /// <summary>Last line that is kept.</summary>
    internal ulong Kept { get; set; }

    /// <summary>Lines that are kept and that the guest was not told of yet.</summary>
    internal int Untold { get; set; }

    /// <summary>Told the last line that is kept, for the guest.</summary>
    internal Action<ulong>? Acknowledge { get; set; }
}
