namespace MicroVm.EdgeAgent.Interop;

/// <summary>Error numbers that the agent tells apart (Linux <c>asm-generic/errno-base.h</c>).</summary>
internal static class Errno
{
    /// <summary>No such process.</summary>
    internal const int ESRCH = 3;

    /// <summary>Interrupted system call.</summary>
    internal const int EINTR = 4;
}
