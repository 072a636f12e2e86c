using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm volumes delete DEVICE/VM/NAME</c> and <c>mvm volumes list</c>.</summary>
internal static class VolumesCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<(DeviceId Device, ResourceName Vm, ResourceName Name)> volume = NameArgument.Volume();
        Command delete = new("delete", "Delete a volume and what is on it; no VM that the device should run may have it") { volume };
        delete.SetAction(run(async (context, parsed, cancellation) =>
        {
            (DeviceId device, ResourceName vm, ResourceName name) = parsed.GetValue(volume);
            await context.Api.DeleteAsync(ApiPaths.Volume(device.Value, vm.Value, name.Value), null, cancellation);
            await context.Terminal.Out.WriteLineAsync($"volume/{device}/{vm}/{name} deleted");
            return ExitCode.Success;
        }));
        Command command = new("volumes", "Work with volumes of devices") { delete, VolumesListCommand.Create(run) };
        command.Aliases.Add("volume");
        return command;
    }
}
