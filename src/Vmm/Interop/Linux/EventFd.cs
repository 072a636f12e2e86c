namespace MicroVm.Vmm.Interop.Linux;

/// <summary>A non-blocking, close-on-exec eventfd(2): what KVM signals for a doorbell (ioeventfd).</summary>
internal sealed unsafe class EventFd : IDisposable
{
    private const int EfdNonBlockCloseOnExec = 0x800 | 0x80000;

    internal EventFd()
    {
        Fd = Libc.eventfd(0, EfdNonBlockCloseOnExec);
        if (Fd < 0)
        {
            throw OsFaultException.FromLastError("eventfd");
        }
    }

    internal int Fd { get; private set; }

    /// <summary>Adds one to the counter. A counter at its maximum already wakes its reader, so EAGAIN is no fault.</summary>
    internal void Signal()
    {
        ulong one = 1;
        // SAFETY: eight bytes of the stack, the size eventfd asks for.
        _ = Libc.write(Fd, &one, sizeof(ulong));
    }

    /// <summary>Takes the counter; false when it was zero.</summary>
    internal bool TryConsume()
    {
        ulong value;
        // SAFETY: eight bytes of the stack, the size eventfd asks for.
        return Libc.read(Fd, &value, sizeof(ulong)) == sizeof(ulong);
    }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            _ = Libc.close(Fd);
            Fd = -1;
        }
    }
}
