@main struct Tune { static func main() {} }
