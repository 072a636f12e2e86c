using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Balloon;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class BalloonHintingTests : IDisposable
{
    private const uint PageSize = 4096;
    private const ulong Free = 2 << 20;
    private const ulong Features = BalloonFeature.Statistics | BalloonFeature.FreePageHinting | BalloonFeature.PageReporting;
    private const uint Command = MmioRegister.Config + 8;

    private readonly TestDriver _driver;
    private readonly GuestQueue[] _queues;

    public BalloonHintingTests()
    {
        _driver = TestDriver.Start(loop => new BalloonDevice(Config(interval: 1, hints: true, reports: true), loop), out _queues, Features);
        _driver.Poke(Free, [.. Enumerable.Repeat((byte)1, 4 * (int)PageSize)]);
    }

    private BalloonDevice Balloon => (BalloonDevice)_driver.Device;

    private HintingState State => Balloon.Hinting;

    public void Dispose() => _driver.Dispose();

    private static BalloonConfig Config(int interval, bool hints, bool reports) => new(0, false, interval, reports, hints);

    private void SendCommand(uint command, int queue = 3)
    {
        _driver.Poke(TestDriver.Data, BitConverter.GetBytes(command));
        _queues[queue].Offer(0, (TestDriver.Data, 4, false));
        _driver.Notify(queue);
        Assert.Equal(0u, _queues[queue].TakeUsed()!.Value.WrittenBytes);
    }

    private void Hint(ulong page, uint pages = 1)
    {
        _queues[3].Offer(1, (Free + (page * PageSize), pages * PageSize, true));
        _driver.Notify(3);
        Assert.NotNull(_queues[3].TakeUsed());
    }

    private bool IsGivenBack(uint page) => _driver.Peek(Free + ((ulong)page * PageSize), (int)PageSize).All(b => b == 0);

    [Theory]
    [InlineData(0, true, false, 3, BalloonFeature.FreePageHinting)]
    [InlineData(0, true, true, 4, BalloonFeature.FreePageHinting | BalloonFeature.PageReporting)]
    [InlineData(1, true, true, 5, Features)]
    public void Features_AndQueues_AreThoseOfTheConfiguration(int interval, bool hints, bool reports, int queues, ulong features)
    {
        using TestDriver driver = new(loop => new BalloonDevice(Config(interval, hints, reports), loop));
        Assert.Equal(queues, driver.Device.QueueMaxSizes.Length);
        Assert.Equal(features, driver.Device.OfferedFeatures);
        Assert.Equal(queues, driver.Device.QueueCountFor(features | VirtioFeature.Version1));
    }

    [Fact]
    public void Start_ShowsANewCommandAndInterruptsTheGuest()
    {
        Assert.Equal(HintingState.Stop, _driver.Read(Command));
        Balloon.StartHinting(acknowledgesEnd: true);
        Assert.Equal(2u, _driver.Read(Command));
        Assert.Equal(2u, _driver.Read(MmioRegister.InterruptStatus));
        Balloon.StartHinting(acknowledgesEnd: true);
        Assert.Equal(3u, _driver.Read(Command));
        Assert.Null(State.GuestCommand);
    }

    [Fact]
    public void Run_ToTheGuestsEnd_GivesBackWhatWasHintedAndIsAcknowledged()
    {
        Balloon.StartHinting(acknowledgesEnd: true);
        SendCommand(2);
        Hint(0, pages: 2);
        Hint(3);
        Assert.Equal(2u, State.GuestCommand);
        SendCommand(HintingState.Stop);
        Assert.Equal((HintingState.Done, HintingState.Stop), (_driver.Read(Command), State.GuestCommand));
        Assert.Equal([true, true, false, true], Enumerable.Range(0, 4).Select(i => IsGivenBack((uint)i)));
        Assert.Equal((2, 3L * PageSize, 0), (Balloon.Metrics.Hints, Balloon.Metrics.HintedBytes, Balloon.Metrics.FailedDiscards));
    }

    [Fact]
    public void Run_WithoutAcknowledgement_StaysOpenUntilItIsStopped()
    {
        Balloon.StartHinting(acknowledgesEnd: false);
        SendCommand(2);
        SendCommand(HintingState.Stop);
        Assert.Equal(2u, _driver.Read(Command));
        Balloon.StopHinting();
        Assert.Equal(HintingState.Done, _driver.Read(Command));
    }

    [Fact]
    public void Hint_OutsideTheRunThatIsAskedFor_IsLetBe()
    {
        Hint(0);
        SendCommand(2);
        Hint(0);
        Balloon.StartHinting(acknowledgesEnd: true);
        Balloon.StartHinting(acknowledgesEnd: true);
        SendCommand(2);
        Hint(0);
        SendCommand(HintingState.Stop);
        Assert.Equal(3u, _driver.Read(Command));
        SendCommand(3);
        Balloon.StopHinting();
        Hint(0);
        Assert.False(IsGivenBack(0));
        Assert.Equal((4, 0), (Balloon.Metrics.Hints, Balloon.Metrics.HintedBytes));
    }

    [Theory]
    [InlineData(3u)]
    [InlineData(5u)]
    [InlineData(1u << 20)]
    public void Command_OfOddLength_IsCountedAndNotTaken(uint length)
    {
        Balloon.StartHinting(acknowledgesEnd: true);
        _queues[3].Offer(0, (TestDriver.Data, length, false));
        _driver.Notify(3);
        Assert.NotNull(_queues[3].TakeUsed());
        Assert.Null(State.GuestCommand);
        Assert.Equal(1, Balloon.Metrics.MalformedRequests);
        Assert.False(_driver.NeedsReset);
    }

    [Fact]
    public void Hint_OfARaggedRange_IsCountedAndKept()
    {
        Balloon.StartHinting(acknowledgesEnd: true);
        SendCommand(2);
        _queues[3].Offer(1, (Free + 1, PageSize, true), (Free + PageSize, PageSize, true));
        _driver.Notify(3);
        Assert.Equal((false, true), (IsGivenBack(0), IsGivenBack(1)));
        Assert.Equal((1, (long)PageSize), (Balloon.Metrics.FailedDiscards, Balloon.Metrics.HintedBytes));
    }

    [Fact]
    public void Hint_OutsideMemory_NeedsReset()
    {
        Balloon.StartHinting(acknowledgesEnd: true);
        SendCommand(2);
        _queues[3].Offer(1, (TestDriver.LowEnd - PageSize, 2 * PageSize, true));
        _driver.Notify(3);
        Assert.True(_driver.NeedsReset);
    }

    [Fact]
    public void Reset_DuringARun_ForgetsIt()
    {
        Balloon.StartHinting(acknowledgesEnd: true);
        SendCommand(2);
        _driver.SetStatus(0);
        Assert.Equal((HintingState.Stop, null), (State.HostCommand, State.GuestCommand));
        Assert.Throws<VmmFaultException>(() => Balloon.StartHinting(acknowledgesEnd: true));
    }

    [Fact]
    public void Start_OfADriverThatDoesNotHint_IsRefused()
    {
        _driver.Start(BalloonFeature.Statistics | BalloonFeature.PageReporting);
        Assert.Throws<VmmFaultException>(() => Balloon.StartHinting(acknowledgesEnd: true));
        Assert.Equal(HintingState.Stop, _driver.Read(Command));
    }

    [Fact]
    public void Hint_WithoutStatisticsAccepted_IsTheThirdQueue()
    {
        GuestQueue[] queues = _driver.Start(BalloonFeature.FreePageHinting | BalloonFeature.PageReporting);
        Balloon.StartHinting(acknowledgesEnd: true);
        _driver.Poke(TestDriver.Data, BitConverter.GetBytes(2u));
        queues[2].Offer(0, (TestDriver.Data, 4, false));
        _driver.Notify(2);
        Assert.Equal(2u, State.GuestCommand);
        queues[3].Offer(0, (Free, PageSize, true));
        _driver.Notify(3);
        Assert.Equal((1, 0), (Balloon.Metrics.Reports, Balloon.Metrics.Hints));
    }

    [Fact]
    public void Start_AfterReset_CountsFromTheFirstRunAgain()
    {
        HintingState state = new();
        for (int i = 0; i < 3; i++)
        {
            state.Start(acknowledgesEnd: false);
        }

        Assert.Equal(4u, state.HostCommand);
        state.Reset();
        state.Start(acknowledgesEnd: false);
        Assert.Equal(2u, state.HostCommand);
    }
}
