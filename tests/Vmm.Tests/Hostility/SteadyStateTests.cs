using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>A guest that does what it should costs no managed memory, however long it does.</summary>
public sealed class SteadyStateTests
{
    private const int WarmUp = 100;
    private const int Rounds = 1000;
    private const int Patience = 10_000;

    /// <summary>Devices whose request is steady state; that of vsock and the metadata service is a connection.</summary>
    public static MatrixTheoryData<string, ulong> Cases => new(
        VirtioSubject.Kinds.Where(kind => kind is not ("vsock" or "net-mmds")), [0UL, VirtioFeature.EventIndex, VirtioFeature.Ring]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Notification_InSteadyState_AllocatesNothing(string kind, ulong ringFeatures)
    {
        using VirtioSubject subject = VirtioSubject.Make(kind);
        using TestDriver driver = new(subject.MakeDevice);
        GuestQueue queue = driver.Start(subject.Features | ringFeatures)[subject.RequestQueue];
        queue.SetChain(0, subject.LayRequest(driver, TestDriver.Data));
        Assert.Equal(WarmUp, RoundTrips(driver, queue, subject.RequestQueue, WarmUp));

        long before = GC.GetAllocatedBytesForCurrentThread();
        int served = RoundTrips(driver, queue, subject.RequestQueue, Rounds);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // The worker's thread may meet the loop at a lock for the first time here, for which the runtime makes one object.
        Assert.InRange(allocated, 0, kind == "block-worker" ? 512 : 0);
        Assert.Equal(Rounds, served);
    }

    [Fact]
    public void BalloonStatistics_InSteadyState_AllocateNothing()
    {
        const int statistics = 2;
        using var subject = new BalloonSubject();
        using TestDriver driver = new(subject.MakeDevice);
        GuestQueue queue = driver.Start(subject.Features)[statistics];
        queue.SetChain(0, (TestDriver.Data, 20, false));
        Rounds(WarmUp);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Rounds(SteadyStateTests.Rounds);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((ushort)(WarmUp + SteadyStateTests.Rounds), queue.UsedIndex);

        void Rounds(int count)
        {
            for (int i = 0; i < count; i++)
            {
                queue.MakeAvailable(0);
                driver.Write(MmioRegister.QueueNotify, statistics);
                driver.Loop.RunOnce(0);
                subject.ExpireTimer(driver);
                driver.Loop.RunOnce(Patience);
            }
        }
    }

    /// <summary>Sends the request again and again; how often it was served. No assertion in between, because those allocate.</summary>
    private static int RoundTrips(TestDriver driver, GuestQueue queue, int index, int count)
    {
        int served = 0;
        for (int i = 0; i < count; i++)
        {
            ushort expected = (ushort)(queue.UsedIndex + 1);
            queue.MakeAvailable(0);
            driver.Write(MmioRegister.QueueNotify, (uint)index);
            for (int turn = 0; turn < 100 && queue.UsedIndex != expected; turn++)
            {
                driver.Loop.RunOnce(Patience);
            }

            served += queue.UsedIndex == expected ? 1 : 0;
        }

        return served;
    }
}
