namespace MicroVm.EdgeAgent.Interop;

/// <summary>Error numbers that the agent tells apart (Linux <c>asm-generic/errno-base.h</c>).</summary>
internal static class Errno
{
    /// <summary>No such file: of a program, or of its interpreter.</summary>
    internal const int ENOENT = 2;

    /// <summary>No such process.</summary>
    internal const int ESRCH = 3;

    /// <summary>Interrupted system call.</summary>
    internal const int EINTR = 4;

    /// <summary>Not a program for this machine.</summary>
    internal const int ENOEXEC = 8;

    /// <summary>Permission denied.</summary>
    internal const int EACCES = 13;

    /// <summary>Device or resource busy: a VMM has the tap open.</summary>
    internal const int EBUSY = 16;

    /// <summary>It is there already.</summary>
    internal const int EEXIST = 17;

    /// <summary>No such device.</summary>
    internal const int ENODEV = 19;
}
