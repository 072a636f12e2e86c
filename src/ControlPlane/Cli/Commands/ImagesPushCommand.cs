using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Images;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm images push DIR|TAR --name NAME</c>.</summary>
internal static class ImagesPushCommand
{
    private const int BarWidth = 24;

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Argument<string> source = new("DIR|TAR")
        {
            Description = "OCI image layout: a directory, or a tar of one, compressed with gzip or not",
        };
        Option<string> name = new("--name", "-n") { Description = "Name and tag, such as hello:1", HelpName = "NAME:TAG", Required = true };
        Command command = new("push", "Send an image to the control plane") { source, name };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            string path = $"{ApiPaths.Images}?name={Uri.EscapeDataString(parsed.GetValue(name)!)}";
            using LayoutContent content = LayoutContent.Open(parsed.GetValue(source)!, Progress(context));
            ImageView image = await PushAsync(context, path, content, cancellation);
            await context.Terminal.Out.WriteLineAsync(context.IsJson
                ? Json.Write(image, Json.Indented.ImageView)
                : Terminal.Safe(Line(image)));
            return ExitCode.Success;
        }));
        return command;
    }

    private static string Line(ImageView image)
    {
        string platforms = string.Join(" and ", image.Platforms.Select(static platform => platform.Platform));
        string leftOut = image.LeftOut.Count > 0 ? $"; left out, because no device has them: {string.Join(", ", image.LeftOut)}" : "";
        return $"image {image.Name} pushed for {platforms}, {Quantity.Bytes(ImagesCommand.SizeBytes(image))}, {image.Digest}{leftOut}";
    }

    private static async Task<ImageView> PushAsync(CliContext context, string path, LayoutContent content, CancellationToken cancellation)
    {
        try
        {
            return await context.Api.PostAsync(path, content, ApiJsonContext.Default.ImageView, cancellation);
        }
        finally
        {
            if (context.Terminal.IsInteractive && !context.IsJson)
            {
                context.Terminal.Rewrite("");
            }
        }
    }

    private static Action<long, long> Progress(CliContext context)
    {
        if (!context.Terminal.IsInteractive || context.IsJson)
        {
            return static (_, _) => { };
        }

        return (sent, total) => context.Terminal.Rewrite(
            $"pushing {ProgressBar.Draw(sent, total, BarWidth)} {Quantity.Bytes((ulong)sent)} of {Quantity.Bytes((ulong)total)}");
    }
}
