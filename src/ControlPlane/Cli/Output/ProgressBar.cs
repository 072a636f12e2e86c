namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>A bar of text.</summary>
internal static class ProgressBar
{
    /// <summary>A bar with its done part filled.</summary>
    /// <param name="done">Done so far, 0 to <paramref name="total"/>.</param>
    /// <param name="total">All of it; 0 shows an empty bar.</param>
    /// <param name="width">Characters between the brackets.</param>
    public static string Draw(double done, double total, int width)
    {
        int filled = total <= 0 ? 0 : (int)(Math.Clamp(done / total, 0, 1) * width);
        return $"[{new string('#', filled)}{new string('.', width - filled)}]";
    }
}
