namespace MicroVm.EdgeAgent.Planning;

/// <summary>Whether a VM has its memory.</summary>
/// <param name="Fits">The desired specification may run.</param>
/// <param name="KeepsRunning">It may not, but what runs under its name may go on.</param>
/// <param name="Message">Why not, with the numbers; empty when it fits.</param>
internal readonly record struct MemoryVerdict(bool Fits, bool KeepsRunning, string Message)
{
    /// <summary>It may run.</summary>
    internal static MemoryVerdict Fitting { get; } = new(true, false, "");
}
