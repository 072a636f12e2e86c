using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm schema</c>: the JSON Schema of manifests, as the server has it.</summary>
internal static class SchemaCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("schema", "Print the JSON Schema of manifests");
        command.SetAction(run(static async (context, _, cancellation) =>
        {
            await context.Terminal.Out.WriteAsync(await context.Api.GetTextAsync(ApiPaths.ManifestSchema, cancellation));
            return ExitCode.Success;
        }));
        return command;
    }
}
