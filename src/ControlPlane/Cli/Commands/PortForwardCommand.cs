using System.CommandLine;
using System.Net;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Sessions;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm port-forward DEVICE/VM LOCAL:REMOTE…</c>: ports of a VM as ports of this machine.</summary>
internal static class PortForwardCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<(DeviceId Device, ResourceName Vm)> vm = NameArgument.DeviceAndVm();
        Argument<string[]> ports = new("[LOCAL:]REMOTE") { Description = "Port here and TCP port in the VM; one number for both, LOCAL 0 for a free one", Arity = ArgumentArity.OneOrMore };
        Option<string> address = new("--address") { Description = "Address to listen on (default: loopback alone)", HelpName = "IP", DefaultValueFactory = static _ => "127.0.0.1" };
        Command command = new("port-forward", "Reach ports of a VM from here until Ctrl-C") { vm, ports, address };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            (DeviceId device, ResourceName name) = parsed.GetValue(vm);
            string text = parsed.GetValue(address)!;
            IPAddress here = IPAddress.TryParse(text, out IPAddress? ip) ? ip : throw new UsageException($"--address: expected an IP address, found '{text}'");
            ForwardedPort[] wanted = [.. parsed.GetValue(ports)!.Select(ForwardedPort.Parse)];
            // Before anything listens: a name that is wrong is said now and not to the first connection.
            DeviceView view = (await context.Api.GetAsync(ApiPaths.Device(device.Value), ApiJsonContext.Default.DeviceView, cancellation)).Value;
            if (!view.Online)
            {
                await context.Terminal.Error.WriteLineAsync($"device '{device}' is not connected now; connections fail until it is");
            }

            using PortForwarder forwarder = new(context, ApiPaths.Session(device.Value, name.Value), here);
            foreach (ForwardedPort port in wanted)
            {
                ForwardedPort listening = forwarder.Listen(port);
                await context.Terminal.Out.WriteLineAsync($"{new IPEndPoint(here, listening.Local)} is port {listening.Remote} of {device}/{name}");
            }

            await forwarder.RunAsync(cancellation);
            return ExitCode.Success;
        }));
        return command;
    }
}
