using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm volumes list [DEVICE]</c>.</summary>
internal static class VolumesListCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string?> device = NameArgument.AnyDevice();
        Command command = new("list", "Show volumes on devices, those that VMs left over as well") { device };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            IReadOnlyList<DeviceView> devices = parsed.GetValue(device) is string id
                ? [(await context.Api.GetAsync(ApiPaths.Device(id), ApiJsonContext.Default.DeviceView, cancellation)).Value]
                : (await context.Api.GetAsync(ApiPaths.Devices, ApiJsonContext.Default.ListViewDeviceView, cancellation)).Value.Items;
            if (context.IsJson)
            {
                Dictionary<string, IReadOnlyList<VolumeView>> volumes = devices.ToDictionary(static one => one.Id, static one => one.Volumes);
                await context.Terminal.Out.WriteLineAsync(Json.Write(volumes, Json.Indented.DictionaryStringIReadOnlyListVolumeView));
                return ExitCode.Success;
            }

            Table table = new(new("DEVICE"), new("VM"), new("VOLUME"), new("SIZE", true), new("TAKEN", true), new("STATE"));
            foreach ((DeviceView one, VolumeView volume) in devices.SelectMany(static one => one.Volumes, static (one, volume) => (one, volume)))
            {
                table.Add(
                    one.Id, volume.Vm, volume.Name, Quantity.Bytes(volume.SizeBytes), Quantity.Bytes(volume.AllocatedBytes),
                    volume.Desired ? "in use" : new Cell("left over", Colour.Yellow));
            }

            table.Write(context.Terminal, "No volumes.");
            return ExitCode.Success;
        }));
        return command;
    }
}
