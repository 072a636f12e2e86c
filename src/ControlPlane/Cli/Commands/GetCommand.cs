using System.CommandLine;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm get deployment [NAME]</c>, <c>mvm get KIND/NAME</c>; what devices run is beside it.</summary>
internal static class GetCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> name = NameArgument.Deployment(optional: true);
        Command deployment = new("deployment", "Show deployments, or one and its devices") { name };
        deployment.Aliases.Add("deployments");
        deployment.SetAction(run(async (context, parsed, cancellation) =>
        {
            if (parsed.GetValue(name) is { } one)
            {
                await WriteOneAsync(context, one, cancellation);
            }
            else
            {
                WriteAll(context, (await context.Api.GetAsync(ApiPaths.Deployments, ApiJsonContext.Default.ListViewDeploymentView, cancellation)).Value);
            }

            return ExitCode.Success;
        }));
        Argument<(string Kind, string Name)> resource = NameArgument.Resource();
        Command command = new("get", "Show resources") { deployment, resource };
        foreach (Command vms in GetVmsCommand.Create(run))
        {
            command.Subcommands.Add(vms);
        }

        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            (string? kind, string one) = parsed.GetValue(resource);
            await (kind switch
            {
                "device" => GetVmsCommand.WriteDeviceAsync(context, one, cancellation),
                "deployment" => WriteOneAsync(context, one, cancellation),
                _ => throw new UsageException("get: expected deployment, device, vms, device/ID or deployment/NAME, found nothing"),
            });
            return ExitCode.Success;
        }));
        return command;
    }

    private static async Task WriteOneAsync(CliContext context, string name, CancellationToken cancellation) =>
        WriteOne(context, (await context.Api.GetAsync(ApiPaths.Deployment(name), ApiJsonContext.Default.DeploymentView, cancellation)).Value);

    private static void WriteAll(CliContext context, ListView<DeploymentView> deployments)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(deployments, Json.Indented.ListViewDeploymentView));
        }
        else
        {
            WriteTable(context, deployments.Items);
        }
    }

    private static void WriteOne(CliContext context, DeploymentView deployment)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(deployment, Json.Indented.DeploymentView));
            return;
        }

        WriteTable(context, [deployment]);
        context.Terminal.Out.WriteLine();
        if (deployment.Rollout is { Waves: > 1 } or { Reason.Length: > 0 })
        {
            WriteRollout(context, deployment.Rollout);
        }

        Table table = new(new("DEVICE"), new("STATUS"), new("REVISION", true), new("PHASE"), new("MESSAGE"));
        foreach (DeploymentDeviceView device in deployment.Devices)
        {
            table.Add(
                device.Device,
                device.Online ? new Cell("online", Colour.Green) : new Cell("offline", Colour.Yellow),
                device.Revision,
                PhaseColour.Of(device.Phase),
                device.Message);
        }

        table.Write(context.Terminal, "No device has the labels that it selects.");
    }

    private static void WriteRollout(CliContext context, RolloutView rollout)
    {
        string paused = rollout.IsPaused ? ", paused" : "";
        string good = rollout.GoodRevision > 0 ? $"revision {rollout.GoodRevision}" : "none";
        string[] lines =
        [
            $"Rollout of revision {rollout.Revision}: {rollout.Phase}{paused}, {rollout.WaveName} of {rollout.Waves} waves; good before it: {good}",
            $"  {rollout.Healthy} healthy, {rollout.OnTheirWay} on their way, {rollout.Failed} failed, {rollout.Away} away, of {rollout.Devices} devices, {rollout.Online} online",
        ];
        foreach (string line in rollout.Reason.Length > 0 ? lines.Append($"  {rollout.Reason}") : lines)
        {
            context.Terminal.Out.WriteLine(Terminal.Safe(line));
        }

        context.Terminal.Out.WriteLine();
    }

    private static void WriteTable(CliContext context, IReadOnlyList<DeploymentView> deployments)
    {
        Table table = new(
            new("DEPLOYMENT"), new("REVISION", true), new("STATE"), new("DEVICES", true), new("UPDATED", true),
            new("READY", true), new("FAILED", true), new("APPLIED", true));
        foreach (DeploymentView deployment in deployments)
        {
            table.Add(
                deployment.Name,
                deployment.Revision,
                PhaseColour.Of(deployment.State),
                deployment.Targeted,
                deployment.Updated,
                deployment.Ready,
                new Cell($"{deployment.Failed}", deployment.Failed > 0 ? Colour.Red : Colour.Plain),
                Quantity.Age(deployment.UpdatedAt, context.Time.GetUtcNow()) + " ago");
        }

        table.Write(context.Terminal, "No deployments.");
    }
}
