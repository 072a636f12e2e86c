using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Bus;

/// <summary>An interrupt line over an eventfd that the machine binds to a GSI.</summary>
internal sealed class EventFdInterruptLine : IInterruptLine, IDisposable
{
    private readonly EventFd _eventFd = new();

    /// <summary>The descriptor for KVM_IRQFD.</summary>
    internal int Fd => _eventFd.Fd;

    public void Trigger() => _eventFd.Signal();

    public void Dispose() => _eventFd.Dispose();
}
