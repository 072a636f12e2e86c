using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

/// <summary>A system call failed. The message names the call and the error.</summary>
internal sealed class OsFaultException : Exception
{
    /// <summary>Creates the exception for a call and its errno.</summary>
    public OsFaultException(string call, int errno)
        : base($"{call}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})") => Errno = errno;

    /// <summary>Creates the exception with a description.</summary>
    public OsFaultException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a description and its cause.</summary>
    public OsFaultException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates an exception without a description.</summary>
    public OsFaultException()
    {
    }

    /// <summary>The error number; 0 when there was none.</summary>
    public int Errno { get; }
}
