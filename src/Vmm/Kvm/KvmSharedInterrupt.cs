using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.Arm64;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Kvm;

/// <summary>
/// A shared peripheral interrupt of the GIC in the kernel. Raising a line that the guest has as an edge makes it pending; lowering it would
/// mean nothing. Not an irqfd, which costs no less to raise and a grace period when the VM ends (docs/decisions/start-up.md).
/// </summary>
internal sealed unsafe class KvmSharedInterrupt(int vmFd, uint number) : IInterruptLine
{
    /// <summary>Numbers below are of interrupts that each processor has for itself.</summary>
    private const uint FirstShared = 32;

    public void Trigger()
    {
        KvmIrqLevel request = new() { Irq = KvmIrqLevel.SharedPeripheral | (FirstShared + number), Level = 1 };

        // SAFETY: the kernel reads the structure, which is on the stack, during the call. It refuses only numbers that the GIC lacks.
        _ = Libc.ioctl(vmFd, KvmIoctl.IrqLine, (nuint)(&request));
    }
}
