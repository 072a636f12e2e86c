using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm images</c>: lists images; <c>mvm images push</c> is beside it.</summary>
internal static class ImagesCommand
{
    private const int ShownDigestCharacters = 19;

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("images", "List images");
        command.Aliases.Add("image");
        command.Subcommands.Add(ImagesPushCommand.Create(run));
        command.SetAction(run(async (context, _, cancellation) =>
        {
            Write(context, (await context.Api.GetAsync(ApiPaths.Images, ApiJsonContext.Default.ListViewImageView, cancellation)).Value);
            return ExitCode.Success;
        }));
        return command;
    }

    private static void Write(CliContext context, ListView<ImageView> images)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(images, Json.Indented.ListViewImageView));
            return;
        }

        Table table = new(new("IMAGE"), new("DIGEST"), new("ARCH"), new("SIZE", true), new("PUSHED", true), new("RUNS"));
        foreach (ImageView image in images.Items)
        {
            table.Add(
                image.Name,
                image.Digest.Length > ShownDigestCharacters ? image.Digest[..ShownDigestCharacters] : image.Digest,
                image.Architecture,
                Quantity.Bytes(image.SizeBytes),
                Quantity.Age(image.CreatedAt, context.Time.GetUtcNow()) + " ago",
                string.Join(' ', image.Entrypoint.Concat(image.Cmd)));
        }

        table.Write(context.Terminal, "No images.");
    }
}
