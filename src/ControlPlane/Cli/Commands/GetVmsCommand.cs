using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm get vms</c> and <c>mvm get device</c>: what devices run.</summary>
internal static class GetVmsCommand
{
    /// <summary>Creates the commands.</summary>
    public static IEnumerable<Command> Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> id = NameArgument.Device();
        Command device = new("device", "Show a device and its VMs") { id };
        device.SetAction(run(async (context, parsed, cancellation) =>
        {
            await WriteDeviceAsync(context, parsed.GetValue(id)!, cancellation);
            return ExitCode.Success;
        }));
        Command vms = new("vms", "Show the VMs of all devices");
        vms.Aliases.Add("vm");
        vms.SetAction(run(async (context, _, cancellation) =>
        {
            ListView<DeviceView> devices = (await context.Api.GetAsync(ApiPaths.Devices, ApiJsonContext.Default.ListViewDeviceView, cancellation)).Value;
            if (context.IsJson)
            {
                await context.Terminal.Out.WriteLineAsync(Json.Write(devices, Json.Indented.ListViewDeviceView));
            }
            else
            {
                WriteVms(context, devices.Items);
            }

            return ExitCode.Success;
        }));
        return [device, vms];
    }

    /// <summary>Writes one device.</summary>
    internal static async Task WriteDeviceAsync(CliContext context, string id, CancellationToken cancellation)
    {
        DeviceView device = (await context.Api.GetAsync(ApiPaths.Device(id), ApiJsonContext.Default.DeviceView, cancellation)).Value;
        if (context.IsJson)
        {
            await context.Terminal.Out.WriteLineAsync(Json.Write(device, Json.Indented.DeviceView));
            return;
        }

        DevicesCommand.WriteTable(context, [device]);
        await context.Terminal.Out.WriteLineAsync();
        await context.Terminal.Out.WriteLineAsync(TelemetryOf(device));
        await context.Terminal.Out.WriteLineAsync();
        WriteVms(context, [device]);
    }

    private static string TelemetryOf(DeviceView device)
    {
        string every = $"Telemetry every {Quantity.Duration(TimeSpan.FromSeconds(device.TelemetryIntervalSeconds))}";
        return device.TelemetryLost is TelemetryLossView lost
            ? $"{every}; lost before it could be delivered: {lost.Samples} samples, {lost.Metrics} metrics, {lost.Events} events"
            : every;
    }

    private static void WriteVms(CliContext context, IEnumerable<DeviceView> devices)
    {
        Table table = new(
            new("DEVICE"), new("VM"), new("KIND"), new("REVISION", true), new("PHASE"), new("READY"), new("RESTARTS", true), new("EXIT", true),
            new("MEMORY", true), new("NEXT RUN"), new("REASON"), new("MESSAGE"));
        foreach ((DeviceView device, VmView vm) in devices.SelectMany(static device => device.Vms, static (device, vm) => (device, vm)))
        {
            table.Add(
                device.Id,
                vm.Name,
                vm.Kind,
                vm.Revision,
                PhaseColour.Of(vm.Phase),
                vm.Ready switch { true => new Cell("yes", Colour.Green), false => new Cell("no", vm.Phase == "Running" ? Colour.Yellow : Colour.Plain), null => "" },
                vm.Restarts,
                vm.LastExitCode is int code ? code : "",
                vm.MemoryGrantedMib > 0 ? $"{vm.MemoryGrantedMib}/{vm.MemoryMib} MiB" : $"{vm.MemoryMib} MiB",
                vm.NextRun is DateTimeOffset next ? $"{next.UtcDateTime:yyyy-MM-dd HH:mm}Z" : "",
                vm.Reason,
                vm.Message);
        }

        table.Write(context.Terminal, "No VMs.");
    }
}
