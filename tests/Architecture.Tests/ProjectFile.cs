using System.Xml.Linq;

namespace MicroVm.Architecture.Tests;

/// <summary>A project of the repository.</summary>
/// <param name="Path">Path from the repository's root.</param>
/// <param name="RootNamespace">Namespace of its top folder.</param>
/// <param name="References">Names of the projects that it references.</param>
/// <param name="Packages">Names of the packages that it references itself.</param>
internal sealed record ProjectFile(string Path, string RootNamespace, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public string Folder => Path[..Path.LastIndexOf('/')];

    public static ProjectFile Load(string root, string path)
    {
        XElement project = XElement.Load(System.IO.Path.Combine(root, path));
        string name = System.IO.Path.GetFileNameWithoutExtension(path);
        return new ProjectFile(
            path,
            project.Descendants("RootNamespace").Select(static element => element.Value).LastOrDefault(name),
            [.. Includes(project, "ProjectReference").Select(static include => System.IO.Path.GetFileNameWithoutExtension(include.Replace('\\', '/')))],
            [.. Includes(project, "PackageReference")]);
    }

    private static IEnumerable<string> Includes(XElement project, string item) =>
        project.Descendants(item).Select(static element => element.Attribute("Include")?.Value).OfType<string>();
}
