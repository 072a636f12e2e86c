using System.CommandLine;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm devices set ID --telemetry-interval DURATION</c>: how a device's agent is to behave.</summary>
internal static class DevicesSetCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> device = NameArgument.Device();
        Option<TimeSpan?> interval = Durations.Option("--telemetry-interval", "Time between samples, 1s to 1h");
        Command command = new("set", "Set how a device's agent behaves") { device, interval };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string id = parsed.GetValue(device)!;
            if (parsed.GetValue(interval) is not TimeSpan wanted)
            {
                throw new UsageException("set: expected --telemetry-interval, found nothing to set");
            }

            string path = ApiPaths.DeviceSettings(id);
            Versioned<DeviceSettingsView> settings = await context.Api.GetAsync(path, ApiJsonContext.Default.DeviceSettingsView, cancellation);
            DeviceSettingsView next = settings.Value with { TelemetryIntervalSeconds = (int)wanted.TotalSeconds };
            await context.Api.PutAsync(path, settings with { Value = next }, ApiJsonContext.Default.DeviceSettingsView, cancellation);
            await context.Terminal.Out.WriteLineAsync(context.IsJson
                ? Json.Write(next, Json.Indented.DeviceSettingsView)
                : $"device/{id} set: telemetry every {Quantity.Duration(wanted)}");
            return ExitCode.Success;
        }));
        return command;
    }
}
