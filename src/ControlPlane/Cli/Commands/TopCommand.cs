using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm top</c>: what devices and VMs use.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Option<bool> watch = new("--watch", "-w") { Description = "Refresh until Ctrl-C" };
        Command command = new("top", "Show what devices and VMs use") { watch };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            if (!parsed.GetValue(watch))
            {
                Write(context, await ReadAsync(context, cancellation));
                return ExitCode.Success;
            }

            return await WatchAsync(context, cancellation);
        }));
        return command;
    }

    private static async Task<ExitCode> WatchAsync(CliContext context, CancellationToken cancellation)
    {
        try
        {
            using PeriodicTimer timer = new(s_interval, context.Time);
            do
            {
                ListView<TelemetryView> telemetry = await ReadAsync(context, cancellation);
                if (context.IsJson)
                {
                    await context.Terminal.Out.WriteLineAsync(Json.Write(telemetry, Json.Line.ListViewTelemetryView));
                    continue;
                }

                if (context.Terminal.IsInteractive)
                {
                    context.Terminal.Clear();
                }

                Write(context, telemetry);
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how watching ends.
        }

        return ExitCode.Success;
    }

    private static async Task<ListView<TelemetryView>> ReadAsync(CliContext context, CancellationToken cancellation) =>
        (await context.Api.GetAsync(ApiPaths.Telemetry, ApiJsonContext.Default.ListViewTelemetryView, cancellation)).Value;

    private static void Write(CliContext context, ListView<TelemetryView> telemetry)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(telemetry, Json.Indented.ListViewTelemetryView));
            return;
        }

        Table devices = new(
            new("DEVICE"), new("CPU", true), new("MEMORY", true), new("OF", true), new("DISK", true), new("OF", true),
            new("WAITS CPU", true), new("MEM", true), new("IO", true), new("TEMP", true), new("IN", true), new("OUT", true),
            new("UPTIME", true), new("AGENT", true), new("SAMPLE", true), new("CLOCK"));
        Table vms = new(new("DEVICE"), new("VM"), new("PHASE"), new("CPU", true), new("RESIDENT", true), new("GUEST", true), new("OF", true), new("LOAD", true),
            new("VOLUMES", true), new("OF", true), new("BALLOON", true), new("READ", true), new("WRITTEN", true), new("IN", true), new("OUT", true),
            new("RESTARTS", true));
        foreach (TelemetryView sample in telemetry.Items)
        {
            devices.Add(
                sample.Device,
                Quantity.Percent(sample.CpuPermille),
                Quantity.Bytes(sample.MemoryUsedBytes),
                Quantity.Bytes(sample.MemoryTotalBytes),
                Quantity.Bytes(sample.DiskUsedBytes),
                Quantity.Bytes(sample.DiskTotalBytes),
                Quantity.Percent(sample.PressureCpu / 10),
                Quantity.Percent(sample.PressureMemory / 10),
                Quantity.Percent(sample.PressureIo / 10),
                sample.TemperatureMilliCelsius is int temperature ? $"{temperature / 1000} °C" : "",
                Quantity.Bytes(sample.NetworkReceivedBytes),
                Quantity.Bytes(sample.NetworkSentBytes),
                Quantity.Duration(TimeSpan.FromSeconds(sample.UptimeSeconds)),
                Quantity.Bytes(sample.AgentResidentBytes),
                Quantity.Age(sample.At, context.Time.GetUtcNow()) + " ago",
                ClockText.Cell(sample.Clock));
            foreach (VmSampleView vm in sample.Vms)
            {
                vms.Add(RowOf(sample.Device, vm));
            }
        }

        devices.Write(context.Terminal, "No telemetry yet.");
        if (telemetry.Items.Count > 0)
        {
            context.Terminal.Out.WriteLine();
            vms.Write(context.Terminal, "No VMs.");
        }
    }

    /// <summary>What a guest did not say is left out.</summary>
    private static Cell[] RowOf(string device, VmSampleView vm)
    {
        bool says = vm.GuestMemoryBytes > 0;
        ulong used = vm.GuestMemoryBytes - Math.Min(vm.GuestAvailableBytes, vm.GuestMemoryBytes);
        return
        [
            device,
            vm.Name,
            PhaseColour.Of(vm.Phase),
            Quantity.Percent(vm.CpuPermille),
            Quantity.Bytes(vm.ResidentBytes),
            says ? Quantity.Bytes(used) : "",
            says ? Quantity.Bytes(vm.GuestMemoryBytes) : "",
            says ? Quantity.Load(vm.GuestLoadPermille) : "",
            vm.VolumeBytes > 0 ? Quantity.Bytes(vm.VolumeUsedBytes) : "",
            vm.VolumeBytes > 0 ? Quantity.Bytes(vm.VolumeBytes) : "",
            vm.BalloonMib > 0 ? Quantity.Bytes((ulong)vm.BalloonMib << 20) : "",
            Quantity.Bytes(vm.BlockReadBytes),
            Quantity.Bytes(vm.BlockWrittenBytes),
            Quantity.Bytes(vm.NetworkReceivedBytes),
            Quantity.Bytes(vm.NetworkSentBytes),
            vm.Restarts,
        ];
    }
}
