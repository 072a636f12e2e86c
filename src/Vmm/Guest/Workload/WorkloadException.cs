namespace MicroVm.Vmm.Guest.Workload;

/// <summary>The workload cannot be started as configured. Exit codes are those that shells use.</summary>
internal sealed class WorkloadException(int exitCode, string message) : Exception(message)
{
    /// <summary>Found, but it cannot be executed; or something around it is wrong.</summary>
    internal const int NotStarted = 126;

    /// <summary>No such program.</summary>
    internal const int NotFound = 127;

    /// <summary>What is reported as the workload's exit code.</summary>
    internal int ExitCode { get; } = exitCode;
}
