using MQTTnet.Exceptions;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Sessions;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.ControlPlane.Tests.Sessions;

/// <summary>A device whose sessions are the real agent's, with a guest's init that the test plays; its MQTT is played.</summary>
internal sealed class AgentSessions : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvs-").FullName;
    private readonly RunningControlPlane _controlPlane;
    private readonly CancellationTokenSource _stop = new();
    private readonly SessionService _service;
    private readonly Task _commands, _serving;
    private readonly LogSource _source = new(ResourceName.Parse("hello"), Guid.NewGuid());
    private ulong _sequence;

    private AgentSessions(RunningControlPlane controlPlane, FakeDevice device, FakeIdentity identity)
    {
        (_controlPlane, Device) = (controlPlane, device);
        Guest = new FakeSessionGuest(Path.Combine(_directory, "vsock"));
        IdentityFiles files = new(Path.Combine(_directory, "identity"));
        Directory.CreateDirectory(Path.Combine(_directory, "identity"));
        File.WriteAllText(Path.Combine(_directory, "identity", "device.key"), identity.Key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(_directory, "identity", "device.crt"), identity.Certificate.ExportCertificatePem());
        File.WriteAllBytes(Path.Combine(_directory, "identity", "trust.cbor"), controlPlane.Fleet.Trust.Encode());
        IdentityStore store = new(files, device.Id);
        store.Open();
        AgentOptions options = new()
        {
            DeviceId = device.Id,
            ControlPlane = new ControlPlaneOptions(new Uri($"https://localhost:{controlPlane.Address.Port}"), "localhost", 1),
        };
        Logs = new LogStore(Path.Combine(_directory, "logs"), LogLimits.Default, new AgentCounters(), TimeProvider.System, NullLogger.Instance);
        LogAnswerer logs = new(Logs, static vm => vm.Value == "hello", TimeProvider.System);
        SessionAnswerer answerer = new(Find, logs, TimeProvider.System, NullLogger.Instance);
        _service = new SessionService(options, new ClientTls(store, TimeProvider.System), answerer, new SessionSlots(), TimeProvider.System, NullLogger.Instance);
        _serving = _service.RunAsync(_stop.Token);
        _commands = TakeCommandsAsync();
    }

    internal FakeDevice Device { get; }

    internal FakeSessionGuest Guest { get; }

    internal LogStore Logs { get; }

    /// <summary>Keeps lines of the VM as its guest writes them.</summary>
    internal void Write(params string[] lines)
    {
        foreach (string line in lines)
        {
            Logs.Take(_source, new GuestLogLine(++_sequence, 1_700_000_000_123_000_000 + (long)_sequence, LogStream.Stdout, line), out _);
        }
    }

    /// <summary>Why the VM cannot be looked into; empty when it can.</summary>
    internal string Refusal { get; set; } = "";

    internal static async Task<AgentSessions> StartAsync(RunningControlPlane controlPlane)
    {
        await controlPlane.ApplyAsync(Samples.Manifest(selector: "{site: none}"));
        FakeDevice device = await new FakeDevice("edge-1").StartAsync(controlPlane);
        return new AgentSessions(controlPlane, device, await controlPlane.IdentityOfAsync("edge-1"));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Device.DisposeAsync();
        await Task.WhenAll(_commands, _serving).Within("end of the agent's sessions");
        _service.Dispose();
        Logs.Dispose();
        Guest.Dispose();
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private SessionVm Find(ResourceName vm) => new(Refusal, Guest.Path, Task.Delay(Timeout.Infinite, _stop.Token));

    private async Task TakeCommandsAsync()
    {
        while (await Device.TryNextCommandAsync(_controlPlane, _stop.Token) is DeviceCommand command)
        {
            string refusal = _service.Take(SessionOrder.Decode(command.Argument));
            try
            {
                await Device.PublishAsync(UplinkKind.Reply, new CommandReply(Device.NextHeader(), command.Id, command.Kind, refusal).Encode());
            }
            catch (MqttCommunicationException) when (_stop.IsCancellationRequested)
            {
                // The device was switched off while it replied.
                return;
            }
        }
    }
}
