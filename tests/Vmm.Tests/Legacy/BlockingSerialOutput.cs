using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

/// <summary>An output whose reader has stopped, until it goes on.</summary>
internal sealed class BlockingSerialOutput : ISerialOutput, IDisposable
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();

    /// <summary>Done once somebody writes.</summary>
    internal Task Entered => _entered.Task;

    internal void Release() => _released.Set();

    public bool TryWrite(byte value)
    {
        _entered.TrySetResult();
        _released.Wait();
        return true;
    }

    public void Dispose() => _released.Dispose();
}
