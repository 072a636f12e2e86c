using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Identity;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.ControlPlane.Tests.Identity;

/// <summary>An agent whose clock begins in 1970 at every boot, and a control plane whose clock is right.</summary>
public sealed class BlindRenewalTests : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    [Fact]
    public async Task Renewal_ClockBeforeTheCertificate_ComesDailyAndTenMinutesAfterAStart()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        string token = (await EnrollingDevice.TokenAsync(controlPlane, new EnrolmentTokenAsk())).Token!;
        FakeTimeProvider time = new(DateTimeOffset.UnixEpoch.AddMinutes(1));
        IdentityStore identity = Begin(controlPlane, token, time);
        await identity.Enrolled.Within("enrolment");

        Assert.InRange(await RenewalAsync(identity, time, TimeSpan.FromHours(25)), TimeSpan.FromHours(24), TimeSpan.FromHours(25));

        FakeTimeProvider later = new(DateTimeOffset.UnixEpoch.AddMinutes(1));
        IdentityStore again = Begin(controlPlane, token, later);
        Assert.InRange(await RenewalAsync(again, later, TimeSpan.FromMinutes(11)), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (Task running in _running)
        {
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Time goes on, for so long at most, until the device has another certificate.</summary>
    private static Task<TimeSpan> RenewalAsync(IdentityStore identity, FakeTimeProvider time, TimeSpan most)
    {
        return WaitAsync().Within("renewal");

        async Task<TimeSpan> WaitAsync()
        {
            DateTimeOffset began = time.GetUtcNow();
            string had = identity.Current!.Certificate.Thumbprint;
            while (identity.Current.Certificate.Thumbprint == had)
            {
                time.Advance(time.GetUtcNow() - began < most ? most / 25 : TimeSpan.Zero);
                await Task.Delay(20);
            }

            return time.GetUtcNow() - began;
        }
    }

    /// <summary>A start of the agent's part that keeps the device's identity.</summary>
    private IdentityStore Begin(RunningControlPlane controlPlane, string token, FakeTimeProvider time)
    {
        AgentOptions options = new()
        {
            DeviceId = DeviceId.Parse("edge-1"),
            ControlPlane = new ControlPlaneOptions(new Uri($"https://localhost:{controlPlane.Address.Port}"), "localhost", 1),
            Enrolment = new EnrolmentOptions(token, null, null, null, null),
        };
        IdentityFiles files = new(Path.Combine(_directory, "identity"));
        files.Prepare();
        IdentityStore identity = new(files, options.DeviceId);
        identity.Open();
        IdentityKeeper keeper = new(identity, new EnrolmentClient(options, identity, time), time, NullLogger.Instance);
        _running.Add(keeper.RunAsync(_stop.Token));
        return identity;
    }
}
