namespace MicroVm.EdgeAgent.Vms;

/// <summary>How a run ended.</summary>
/// <param name="Code">Exit code of the workload, 128 + signal when one ended it; null when the VM ended without saying.</param>
/// <param name="Message">One line about a failure; empty when there is nothing to say.</param>
/// <param name="At">When.</param>
internal sealed record VmExit(int? Code, string Message, DateTimeOffset At)
{
    /// <summary>True unless the workload ended with code 0.</summary>
    internal bool IsFailure => Code != 0;
}
