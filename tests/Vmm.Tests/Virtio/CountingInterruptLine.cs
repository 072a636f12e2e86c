using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>An interrupt line that counts its edges.</summary>
internal sealed class CountingInterruptLine : IInterruptLine
{
    private int _edges;

    internal int Edges => _edges;

    public void Trigger() => Interlocked.Increment(ref _edges);
}
