using System.CommandLine;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm devices</c>: lists devices; what it does to one is beside it.</summary>
internal static class DevicesCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("devices", "List devices");
        command.Aliases.Add("device");
        command.Subcommands.Add(DevicesLabelCommand.Create(run));
        command.Subcommands.Add(DevicesSetCommand.Create(run));
        foreach (Command identity in DevicesIdentityCommand.Create(run))
        {
            command.Subcommands.Add(identity);
        }

        command.SetAction(run(async (context, _, cancellation) =>
        {
            Versioned<ListView<DeviceView>> devices = await context.Api.GetAsync(ApiPaths.Devices, ApiJsonContext.Default.ListViewDeviceView, cancellation);
            Write(context, devices.Value);
            return ExitCode.Success;
        }));
        return command;
    }

    private static void Write(CliContext context, ListView<DeviceView> devices)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(devices, Json.Indented.ListViewDeviceView));
            return;
        }

        WriteTable(context, devices.Items);
    }

    /// <summary>Writes a table of devices.</summary>
    internal static void WriteTable(CliContext context, IReadOnlyList<DeviceView> devices)
    {
        Table table = new(
            new("DEVICE"), new("STATUS"), new("LAST SEEN", true), new("ARCH"), new("CPUS", true), new("MEMORY", true),
            new("GENERATION", true), new("VMS", true), new("AGENT"), new("LABELS"), new("CONDITION"));
        DateTimeOffset now = context.Time.GetUtcNow();
        foreach (DeviceView device in devices)
        {
            table.Add(
                device.Id,
                device.Online ? new Cell("online", Colour.Green) : new Cell("offline", Colour.Yellow),
                Quantity.Age(device.LastSeen, now),
                device.Architecture,
                device.CpuCount,
                Quantity.Bytes(device.MemoryBytes),
                device.ObservedGeneration == device.DesiredGeneration
                    ? $"{device.ObservedGeneration}"
                    : new Cell($"{device.ObservedGeneration} of {device.DesiredGeneration}", Colour.Yellow),
                $"{device.Vms.Count(static vm => vm.Phase == "Running")}/{device.Vms.Count}",
                device.AgentVersion,
                LabelsOf(device),
                new Cell(device.Condition, Colour.Red));
        }

        table.Write(context.Terminal, "No devices.");
    }

    private static string LabelsOf(DeviceView device) => string.Join(
        ',',
        device.Labels.Where(static label => label.Key is not ("arch" or "device"))
            .OrderBy(static label => label.Key, StringComparer.Ordinal).Select(static label => $"{label.Key}={label.Value}"));
}
