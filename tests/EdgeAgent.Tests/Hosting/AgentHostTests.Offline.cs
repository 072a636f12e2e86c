using System.Security.Cryptography.X509Certificates;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.Mqtt;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <content>A control plane that is there and cannot be trusted.</content>
public sealed partial class AgentHostTests
{
    [Fact]
    public async Task Run_ControlPlanesCertificateEnded_RunsWhatIsHeldSaysWhyItIsAloneAndNothingRestartsWhenItIsRenewed()
    {
        Hold(Specs.State(5, Specs.Vm()));
        using X509Certificate2 ended = TestFleet.Shared.IssueServer(TimeSpan.FromMinutes(30));
        await using (TestGateway stale = new(_gateway.Port, ended))
        {
            await stale.StartAsync();
            StartAgent();
            await _vmm.WaitUpAsync("web");
            using FakeInit init = await FakeInit.GreetAsync(_paths.GuestChannel(Specs.Vm().Name));
            await init.ReceiveAsync<GuestConfig>("config");
            await init.SendAsync(new GuestStarted(2));
            await WaitForStatusAsync("by this device's clock, found one that ended at");
        }

        await _gateway.StartAsync();

        VmStatus status = await TakeStatusAsync("report over the renewed connection", static status => status.Phase == VmPhase.Running);
        Assert.Equal((1, 0), (status.Revision, status.Restarts));
        Assert.Equal(5UL, Hello.Decode(_gateway.Hello!).HeldGeneration);
    }

    /// <summary>What an agent that ran before has left on the disk.</summary>
    private void Hold(DesiredState state)
    {
        ImageStore images = new(Path.Combine(_options.DataDirectory, "images"), NullLogger.Instance);
        File.WriteAllBytes(images.PathOf(Digest.Of(s_image)), s_image);
        DesiredEnvelope held = Specs.Envelope(state);
        using SqliteStore store = SqliteStore.Open(Path.Combine(_options.DataDirectory, "agent.db"));
        store.SaveDesired(new DesiredDocument(held.Generation, held.Digest, held.Document));
    }

    /// <summary>Asks on the spot until the answer has a text: when the next connection is tried is chance.</summary>
    private async Task WaitForStatusAsync(string text)
    {
        List<string> lines = [];
        for (int i = 0; i < 500 && !lines.Any(line => line.Contains(text, StringComparison.Ordinal)); i++)
        {
            await Task.Delay(20);
            lines = await AskAsync(new LocalRequest(LocalVerb.Status));
        }

        Assert.Contains(lines, line => line.Contains(text, StringComparison.Ordinal));
    }
}
