using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <content>A change was accepted and its image does not come: what ran before runs until it does.</content>
public sealed partial class AgentHostTests
{
    private static readonly VmSpec s_next = Specs.Vm(revision: 2, image: 2);

    [Fact]
    public async Task Run_RebootWithoutNetworkWhileTheNextImageIsMissing_StartsWhatRanUntilTheImageIsThere()
    {
        Hold(Specs.State(6, s_next));
        using (SqliteStore store = SqliteStore.Open(Path.Combine(_options.DataDirectory, "agent.db")))
        {
            VmRun before = new(Guid.NewGuid(), 1, 1, "the boot before", 3, DateTimeOffset.UtcNow);
            store.SaveVm(new VmRecord { Spec = Specs.Vm(), Run = before, Phase = VmPhase.Running });
        }

        _images.Refusal = "503 Service Unavailable";
        StartAgent();
        await _vmm.WaitUpAsync("web");
        using (FakeInit init = await FakeInit.GreetAsync(_paths.GuestChannel(s_next.Name)))
        {
            await init.ReceiveAsync<GuestConfig>("config");
            await init.SendAsync(new GuestStarted(2));
            await _gateway.StartAsync();
            await TakeStatusAsync("what ran before", static status => status is { Revision: 1, Phase: VmPhase.Running, Reason: FetchFault.FetchFailed });
            (_images.Content, _images.Refusal) = ([2], null);

            await init.ReceiveAsync<GuestShutdown>("replacement");
            await init.SendAsync(new GuestExited(0, ""));
            await init.ReceiveAsync<GuestExitAck>("acknowledgement");
        }

        _vmm.End("web", 0);
        await _vmm.WaitUpAsync("web");
        await TakeStatusAsync("what is desired", static status => status is { Revision: 2, Phase: VmPhase.Starting, Reason: "" });
    }

    [Fact]
    public async Task Run_NextImageIsMissingAndWhatRanIsInItsBackOff_ItsImageIsKeptUntilItIsDue()
    {
        Hold(Specs.State(6, s_next));
        using (SqliteStore store = SqliteStore.Open(Path.Combine(_options.DataDirectory, "agent.db")))
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            store.SaveVm(new VmRecord
            {
                Spec = Specs.Vm(), Exit = new VmExit(7, "", now), Crashes = 3, RetryAt = now.AddSeconds(2), Phase = VmPhase.BackOff,
            });
        }

        _images.Refusal = "503 Service Unavailable";
        StartAgent();

        await _vmm.WaitUpAsync("web");
        Assert.Equal([Digest.Of(s_image).Hex + ".squashfs"], Directory.GetFiles(Path.Combine(_options.DataDirectory, "images"), "*.squashfs").Select(Path.GetFileName));
    }

    [Fact]
    public async Task Run_ScheduledJobWhoseImageWasNotFoundIsMended_SaysOnlyWhenItRunsNext()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        _images.Refusal = "404 Not Found";
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(1, Specs.Vm())).Encode());
        await TakeStatusAsync("not found", static status => status.Reason == FetchFault.ImageNotFound);

        VmSpec job = s_next with { Kind = WorkloadKind.Job, Schedule = "0 0 1 1 *" };
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2, job)).Encode());

        VmStatus waits = await TakeStatusAsync("mended", static status => status is { Revision: 2, Reason: "WaitsForSchedule" });
        Assert.Equal(VmPhase.Pending, waits.Phase);
    }

    [Fact]
    public async Task Run_VmEndsWhileTheNextImageIsNotFound_IsStartedAgainAsItWas()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using (FakeInit init = await DeployAsync(1, Specs.Vm()))
        {
            await TakeStatusAsync("running", static status => status.Phase == VmPhase.Running);
            _images.Refusal = "404 Not Found";
            await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2, s_next)).Encode());
            await TakeStatusAsync("not found", static status => status is { Revision: 1, Phase: VmPhase.Running, Reason: FetchFault.ImageNotFound });
        }

        _vmm.End("web", 7);

        await _vmm.WaitUpAsync("web");
        await TakeStatusAsync("again", static status => status is { Revision: 1, Phase: VmPhase.Starting, Restarts: 1 });
    }
}
