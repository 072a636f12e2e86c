using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Guest.Interop;

/// <summary>A system call failed. The message names the call, its subject and errno.</summary>
internal sealed class OsFaultException : Exception
{
    internal OsFaultException(string call, string subject, int errno)
        : base($"{call} {subject} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})") => Errno = errno;

    /// <summary>The errno value of <c>&lt;errno.h&gt;</c>.</summary>
    internal int Errno { get; }

    /// <summary>An exception with the calling thread's last errno.</summary>
    internal static OsFaultException FromLastError(string call, string subject) =>
        new(call, subject, Marshal.GetLastPInvokeError());

    /// <summary>Throws with the last errno when <paramref name="result"/> is negative.</summary>
    internal static int Check(int result, string call, string subject) => result < 0 ? throw FromLastError(call, subject) : result;
}
