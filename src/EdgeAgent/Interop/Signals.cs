namespace MicroVm.EdgeAgent.Interop;

/// <summary>Signal numbers (Linux <c>asm-generic/signal.h</c>).</summary>
internal static class Signals
{
    /// <summary>Kill at once.</summary>
    internal const int SIGKILL = 9;

    /// <summary>Please end.</summary>
    internal const int SIGTERM = 15;
}
