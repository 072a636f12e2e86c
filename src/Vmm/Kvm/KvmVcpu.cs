using System.Runtime.InteropServices;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Kvm;

/// <summary>A KVM vCPU descriptor and its shared <see cref="KvmRun"/> page. All calls but the immediate-exit flag belong to its own thread.</summary>
internal sealed unsafe partial class KvmVcpu : IDisposable
{
    private const int ProtReadWrite = 3;
    private const int MapShared = 1;

    private readonly int _fd;
    private readonly int _mappingSize;
    private readonly int _coalescedPage;
    private byte* _mapping;

    internal KvmVcpu(int fd, int mappingSize, int coalescedPage)
    {
        _fd = fd;
        _coalescedPage = coalescedPage;
        _mappingSize = mappingSize;
        // SAFETY: a fresh mapping of the size KVM named; released in Dispose.
        void* mapping = Libc.mmap(null, (nuint)mappingSize, ProtReadWrite, MapShared, fd, 0);
        if (mapping == (void*)-1)
        {
            OsFaultException cause = OsFaultException.FromLastError("mmap", "kvm_run");
            throw new VmmFaultException(ExitCode.HostCallFailed, cause.Message, cause);
        }

        _mapping = (byte*)mapping;
    }

    /// <summary>The structure shared with the kernel. Valid until <see cref="Dispose"/>.</summary>
    internal ref KvmRun State
    {
        get
        {
            // SAFETY: the mapping is at least a page and starts with struct kvm_run.
            return ref *(KvmRun*)_mapping;
        }
    }

    /// <summary>The VM's ring of coalesced writes in this mapping, or null when the host has none.</summary>
    internal KvmCoalescedRing* CoalescedRing =>
        _mapping != null && _coalescedPage > 0 && (_coalescedPage + 1) * Environment.SystemPageSize <= _mappingSize
            ? (KvmCoalescedRing*)(_mapping + (_coalescedPage * Environment.SystemPageSize))
            : null;

    /// <summary>Runs the guest until the next exit. Returns 0, or the errno of KVM_RUN.</summary>
    internal int Run() => Libc.ioctl(_fd, KvmIoctl.Run, 0) >= 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>The bytes of a KVM_EXIT_IO.</summary>
    internal Span<byte> IoData(ulong offset, int length)
    {
        // The offset is the kernel's own, never the guest's: outside the mapping means that this structure is misread.
        if (offset > (ulong)_mappingSize || (ulong)length > (ulong)_mappingSize - offset)
        {
            throw new VmmFaultException(ExitCode.KvmCallFailed, $"KVM_RUN: io data at {offset}, {length} bytes, is outside kvm_run");
        }

        // SAFETY: the range was just proved to lie inside the mapping.
        return new Span<byte>(_mapping + offset, length);
    }

    /// <summary>The bytes of a KVM_EXIT_MMIO.</summary>
    internal Span<byte> MmioData(uint length)
    {
        // SAFETY: the field has eight bytes inside the mapping and the length is capped to that.
        return new Span<byte>(((KvmRun*)_mapping)->MmioData, (int)Math.Min(length, 8));
    }

    /// <summary>Makes the next (or running) KVM_RUN return with EINTR; other threads follow it with the kick signal.</summary>
    internal void RequestImmediateExit() => Volatile.Write(ref State.ImmediateExit, 1);

    /// <summary>Lets KVM_RUN enter the guest again.</summary>
    internal void ClearImmediateExit() => Volatile.Write(ref State.ImmediateExit, 0);

    /// <summary>The signals blocked while the guest runs, as the kernel's 64-bit mask.</summary>
    internal void SetSignalMask(ulong blocked)
    {
        KvmSignalMask mask = new() { Length = sizeof(ulong), SignalSet = blocked };
        KvmCall.Invoke(_fd, KvmIoctl.SetSignalMask, &mask, "KVM_SET_SIGNAL_MASK");
    }

    public void Dispose()
    {
        if (_mapping != null)
        {
            // SAFETY: the mapping made in the constructor, released once.
            _ = Libc.munmap(_mapping, (nuint)_mappingSize);
            _mapping = null;
            _ = Libc.close(_fd);
        }
    }
}
