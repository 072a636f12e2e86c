using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Tests.Legacy;

internal sealed class CountingInterrupt : IInterruptLine
{
    internal int Edges { get; private set; }

    public void Trigger() => Edges++;
}
