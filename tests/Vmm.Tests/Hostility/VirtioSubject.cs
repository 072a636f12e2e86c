using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>
/// A device type as the hostile tests and the fuzzers see it: how it is made, which queues it takes chains from, and what a well-formed
/// request is, so that a test can show that the device serves one after whatever came before.
/// </summary>
internal abstract class VirtioSubject : IDisposable
{
    private const int WaitMilliseconds = 100;
    private const int Waits = 100;

    private TemporaryFolder? _folder;

    /// <summary>Every device type, block with each engine, net without and with the metadata service.</summary>
    internal static readonly string[] Kinds = ["block-sync", "block-uring", "block-worker", "net", "net-mmds", "vsock", "rng", "balloon"];

    /// <summary>Where hosts' files and sockets of the device are.</summary>
    protected TemporaryFolder Folder => _folder ??= new TemporaryFolder(inMemory: true);

    /// <summary>Feature bits of the device type that a driver accepts.</summary>
    internal abstract ulong Features { get; }

    /// <summary>Queues from which the device takes chains, those that need provoking included.</summary>
    internal abstract int[] WorkedQueues { get; }

    /// <summary>The queue of <see cref="LayRequest"/>.</summary>
    internal abstract int RequestQueue { get; }

    internal static VirtioSubject Make(string kind) => kind switch
    {
        "net" => new NetSubject(),
        "net-mmds" => new MmdsSubject(),
        "vsock" => new VsockSubject(),
        "rng" => new RngSubject(),
        "balloon" => new BalloonSubject(),
        _ => new BlockSubject(kind),
    };

    internal abstract IVirtioDevice MakeDevice(EpollLoop loop);

    /// <summary>Writes a well-formed request to <paramref name="at"/> and above (8 KiB are free); returns its buffers.</summary>
    internal abstract (ulong Address, uint Length, bool Writable)[] LayRequest(TestDriver driver, ulong at);

    /// <summary>As <see cref="LayRequest"/>, with a request of another kind or size for each <paramref name="choice"/>.</summary>
    internal virtual (ulong Address, uint Length, bool Writable)[] LayVariant(TestDriver driver, ulong at, byte choice) => LayRequest(driver, at);

    /// <summary>Checks what has come of the request at <paramref name="at"/>.</summary>
    internal abstract void AssertServed(TestDriver driver, GuestQueue[] queues, ulong at);

    /// <summary>Has the device take a chain from <paramref name="queue"/>, in which one was made available.</summary>
    internal virtual void Provoke(TestDriver driver, GuestQueue[] queues, int queue) => driver.Notify(queue);

    /// <summary>Something happens on the host's side of the device.</summary>
    internal virtual void HostEvent(TestDriver driver, byte choice)
    {
    }

    /// <summary>A driver that resets the device, starts it, and sends one well-formed request, which must be served.</summary>
    internal void AssertRecovers(TestDriver driver)
    {
        GuestQueue[] queues = driver.Start(Features);
        Assert.False(driver.NeedsReset);
        queues[RequestQueue].Offer(0, LayRequest(driver, TestDriver.Data));
        driver.Notify(RequestQueue);
        Await(driver, () => queues[RequestQueue].UsedIndex == 1);
        for (int i = 0; i < queues.Length; i++)
        {
            Assert.True(i == RequestQueue || queues[i].UsedIndex == 0, $"queue {i} gives back what the new driver did not give");
        }

        AssertServed(driver, queues, TestDriver.Data);
        Assert.False(driver.NeedsReset);
    }

    /// <summary>Serves the loop until something holds, for ten seconds at most.</summary>
    internal static void Await(TestDriver driver, Func<bool> holds)
    {
        for (int i = 0; i < Waits && !holds(); i++)
        {
            driver.Loop.RunOnce(WaitMilliseconds);
        }

        Assert.True(holds(), "the device did not serve the request");
    }

    public virtual void Dispose() => _folder?.Dispose();
}
