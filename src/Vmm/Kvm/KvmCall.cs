using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Kvm;

/// <summary>ioctl(2) on KVM descriptors with failures turned into one line that names the call and errno.</summary>
// SAFETY: every pointer is to a structure of the caller's stack or pinned memory, of the size that the ioctl's number encodes.
internal static unsafe class KvmCall
{
    /// <summary>An ioctl with an integer argument; returns its non-negative result.</summary>
    internal static int Invoke(int fd, uint request, nuint argument, string name)
    {
        int result = Libc.ioctl(fd, request, argument);
        return result >= 0 ? result : throw Fault(name);
    }

    /// <summary>An ioctl with a pointer to a structure, which the kernel uses only during the call.</summary>
    internal static int Invoke(int fd, uint request, void* argument, string name) => Invoke(fd, request, (nuint)argument, name);

    private static VmmFaultException Fault(string name)
    {
        OsFaultException cause = OsFaultException.FromLastError(name);
        return new VmmFaultException(ExitCode.KvmCallFailed, cause.Message, cause);
    }
}
