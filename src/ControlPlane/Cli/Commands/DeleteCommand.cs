using System.CommandLine;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm delete deployment NAME</c>.</summary>
internal static class DeleteCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> name = NameArgument.Deployment();
        Command deployment = new("deployment", "Delete a deployment and stop its VMs") { name };
        deployment.SetAction(run(async (context, parsed, cancellation) =>
        {
            string path = ApiPaths.Deployment(parsed.GetValue(name)!);
            Versioned<DeploymentView> found = await context.Api.GetAsync(path, ApiJsonContext.Default.DeploymentView, cancellation);
            await context.Api.DeleteAsync(path, found.ETag, cancellation);
            Write(context, found.Value);
            return ExitCode.Success;
        }));
        return new Command("delete", "Delete resources") { deployment };
    }

    private static void Write(CliContext context, DeploymentView deployment)
    {
        ApplyResult result = new(
            "Deployment", deployment.Name, deployment.Revision, "deleted", [.. deployment.Devices.Select(static device => device.Device)]);
        context.Terminal.Out.WriteLine(context.IsJson
            ? Json.Write(new ListView<ApplyResult>([result]), Json.Indented.ListViewApplyResult)
            : $"deployment/{deployment.Name} deleted");
    }
}
