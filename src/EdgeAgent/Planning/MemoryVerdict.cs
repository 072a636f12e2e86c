namespace MicroVm.EdgeAgent.Planning;

/// <summary>Whether a VM has its memory.</summary>
/// <param name="Fits">The desired specification may run.</param>
/// <param name="KeepsRunning">It may not, but what runs under its name may go on.</param>
/// <param name="Message">Why not, with the numbers; empty when it fits.</param>
/// <param name="StandInFits">What ran under its name before may run in its place.</param>
internal readonly record struct MemoryVerdict(bool Fits, bool KeepsRunning, string Message, bool StandInFits = true)
{
    /// <summary>It may run.</summary>
    internal static MemoryVerdict Fitting { get; } = new(true, false, "");
}
