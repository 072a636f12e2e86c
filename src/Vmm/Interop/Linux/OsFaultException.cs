using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary>A host system call failed. The message names the call, its subject and errno.</summary>
internal sealed class OsFaultException : Exception
{
    internal OsFaultException(string call, string? subject, int errno)
        : base(subject is null
            ? $"{call} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})"
            : $"{call} {subject} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})")
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>Name of the system call or ioctl.</summary>
    internal string Call { get; }

    /// <summary>The errno value of <c>&lt;errno.h&gt;</c>.</summary>
    internal int Errno { get; }

    /// <summary>Throws with the calling thread's last errno.</summary>
    internal static OsFaultException FromLastError(string call, string? subject = null) =>
        new(call, subject, Marshal.GetLastPInvokeError());
}
